/** Can it work? Every check before anything is touched; nothing here changes a machine. */
package io.pryv.migration.preflight;
