/** Source has been silent long enough: it is stopped for good (procedure, "Finalize"). */
package io.pryv.migration.retirement;
