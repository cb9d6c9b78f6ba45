/** Camunda wiring: step contract, retries, journal, security. */
package io.pryv.migration.process;
