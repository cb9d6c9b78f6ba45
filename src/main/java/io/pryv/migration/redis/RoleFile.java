package io.pryv.migration.redis;

import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;

/**
 * What a register's Redis is at every start, as its redis.conf says it: so that any restart at any
 * moment comes up right. The running Redis is told apart, see {@link RedisServer}.
 */
public final class RoleFile {

  private final RemoteFiles files;
  private final Register register;

  public RoleFile(Hands hands, Register register) {
    this.files = hands.files(register.machine());
    this.register = register;
  }

  /**
   * A master that accepts writes: the file as it was before the migration.
   *
   * @return whether anything had to be written, as with the others
   */
  public boolean writer() {
    return edit(RedisConf::writer);
  }

  /** A master that refuses every write. */
  public boolean fenced() {
    return edit(text -> RedisConf.fenced(text, register.layout().redisVersion()));
  }

  /** A replica of an address as its own host sees it; fenced should it cease to be one. */
  public boolean replicaOf(String host, int port) {
    return edit(text -> RedisConf.replica(text, host, port, register.layout().redisVersion()));
  }

  private boolean edit(UnaryOperator<String> edit) {
    String path = register.layout().redisConfFile();
    byte[] before =
        files
            .read(path)
            .orElseThrow(
                () ->
                    new StepFailure(
                        register.machine().name(),
                        path,
                        "the file that Redis reads at its start",
                        "no file",
                        "see which redis.conf the container reads, then retry"));
    try {
      // One char for each byte, so that whatever a comment holds comes back as it was.
      String text = edit.apply(new String(before, StandardCharsets.ISO_8859_1));
      return files.write(path, text.getBytes(StandardCharsets.ISO_8859_1), "644");
    } catch (UnexpectedText unexpected) {
      throw unexpected.in(register.machine().name(), path);
    }
  }
}
