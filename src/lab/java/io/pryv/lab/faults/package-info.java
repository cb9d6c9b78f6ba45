/**
 * The fault matrix: every step of the process under every fault, on the practice platform, judged
 * from outside.
 */
package io.pryv.lab.faults;
