/** The switch of the live cut-over: from source to dest in milliseconds, without losing a write. */
package io.pryv.migration.cutover;
