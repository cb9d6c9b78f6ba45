/**
 * Who answers for the domain: the records to change at its parent, and whether the world has seen
 * the change (procedure, "Update Name servers").
 */
package io.pryv.migration.nameservers;
