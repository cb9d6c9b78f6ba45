package io.pryv.migration.security;

import java.io.Serializable;
import org.springframework.security.core.AuthenticatedPrincipal;

/**
 * A user of the engine who has shown his password.
 *
 * @param name his id
 * @param storedPassword the password as it was stored then, hashed: once it is another one, his
 *     sessions are over
 */
record Account(String name, String storedPassword) implements AuthenticatedPrincipal, Serializable {

  @Override
  public String getName() {
    return name;
  }

  @Override
  public String toString() {
    return name;
  }
}
