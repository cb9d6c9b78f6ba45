/** Launch, stop, start and look at a register's services, and prove that they serve. */
package io.pryv.migration.services;
