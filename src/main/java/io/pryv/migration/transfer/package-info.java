/** Keys, backup, and the copies of Redis' data from source to dest. */
package io.pryv.migration.transfer;
