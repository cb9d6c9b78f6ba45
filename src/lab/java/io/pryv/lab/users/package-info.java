/** Makes the users of the practice platform. */
package io.pryv.lab.users;
