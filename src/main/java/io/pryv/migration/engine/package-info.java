/**
 * The engine's inside: whose code runs in it, and whom it obeys. Knows nothing of migrations, and
 * is the one place that takes the engine apart.
 */
package io.pryv.migration.engine;
