/** DNS as seen from here: queries, one in flight where the server needs it, and record sets. */
package io.pryv.migration.dns;
