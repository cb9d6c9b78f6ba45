/**
 * Our own pages and REST, for what Tasklist and Cockpit can not show: finished migrations,
 * evidence.
 */
package io.pryv.migration.console;
