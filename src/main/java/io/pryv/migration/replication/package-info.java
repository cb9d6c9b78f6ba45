/**
 * Source follows dest while DNS catches up: key, guard, tunnel, replication, and their end
 * (procedure, "Set the source register as replica of the dest register through a SSH tunnel").
 */
package io.pryv.migration.replication;
