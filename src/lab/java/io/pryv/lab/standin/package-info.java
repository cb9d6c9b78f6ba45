/** Stand-ins for the services of a Pryv.io platform, faithful to the traps the real ones set. */
package io.pryv.lab.standin;
