/**
 * Source follows dest while DNS catches up: key, guard, tunnel, replication, and their end
 * (procedure, "Set the source register as replica of the dest register through a SSH tunnel"). The
 * other way round before a live cut-over, and while the name servers are led back.
 */
package io.pryv.migration.replication;
