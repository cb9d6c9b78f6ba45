/** Hands on a machine over SSH: commands, file edits with journal, detached jobs, channels. */
package io.pryv.migration.machine;
