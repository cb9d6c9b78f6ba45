/** Traffic for the practice platform, and an honest measure of what a migration did to it. */
package io.pryv.lab.traffic;
