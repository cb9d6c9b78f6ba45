package io.pryv.migration.process;

import java.nio.charset.StandardCharsets;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The operator who may do everything, from the configuration.
 *
 * @param id login name
 * @param password never logged; its change takes effect at the next start
 */
@ConfigurationProperties("migration.admin")
record AdminProperties(String id, String password) {

  AdminProperties {
    if (id == null || !id.matches("[A-Za-z0-9._@-]{1,64}")) {
      throw new MissingAdmin(
          "migration.admin.id: expected 1 to 64 letters, digits or . _ @ -, found \"" + id + "\"");
    }
    if (password == null || password.length() < 12 || utf8(password) > 72) {
      throw new MissingAdmin(
          "migration.admin.password: expected at least 12 characters, and at most 72 bytes, found "
              + (password == null || password.isEmpty() ? "none" : password.length())
              + ". Set it in the environment (MIGRATION_ADMIN_PASSWORD), or start with script/run,"
              + " which makes one");
    }
  }

  private static int utf8(String password) {
    return password.getBytes(StandardCharsets.UTF_8).length;
  }

  @Override
  public String toString() {
    return "AdminProperties[id=" + id + "]";
  }

  /** This program does not start without its operator's account. */
  static final class MissingAdmin extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    MissingAdmin(String message) {
      super(message);
    }
  }
}
