/**
 * What is migrated: the platform, its machines, their layout, and how an operator is told of
 * trouble.
 */
package io.pryv.migration.platform;
