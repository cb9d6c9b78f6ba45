package io.pryv.migration.redis;

import java.util.List;

/**
 * Outcome of a comparison key by key.
 *
 * @param compared how many keys were looked at
 * @param differing how many the other lacks or holds with another value
 * @param examples at most ten of the differing keys
 */
public record KeyComparison(long compared, long differing, List<String> examples) {}
