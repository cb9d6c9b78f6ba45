/** A Redis reached through its machine: roles, offsets, fence, typed reads. */
package io.pryv.migration.redis;
