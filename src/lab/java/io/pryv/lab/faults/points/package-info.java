/**
 * Named points inside the running program, at which the fault harness holds it or lets a command
 * fail. These classes go on the program's class path only when the harness starts it; the program
 * itself knows nothing of them.
 */
package io.pryv.lab.faults.points;
