/**
 * The one door: who comes in, what is reached, and in whose name. Spring Security stands in front
 * of everything that this program answers: the engine's REST, the webapps, our own pages.
 */
package io.pryv.migration.security;
