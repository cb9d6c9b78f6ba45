/** Is everything there? Data and DNS answers of dest against source's (procedure, "Verify"). */
package io.pryv.migration.verification;
