/** Source's nginx passes the platform's requests on to dest while the DNS change spreads. */
package io.pryv.migration.proxy;
