/**
 * Back to how it was, from any point: what the machines were before, who takes writes now, and the
 * proof that all is as it was. The steps in between belong to the features whose work they undo.
 */
package io.pryv.migration.rollback;
