package io.pryv.migration.engine;

/**
 * Marks a failure that no other try mends: an incident at once, however often the diagram tries.
 */
public interface NeverTriedAgain {}
