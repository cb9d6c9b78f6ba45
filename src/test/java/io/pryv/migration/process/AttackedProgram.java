package io.pryv.migration.process;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * The real program in a process of its own, with a migration that waits at its gate, with users of
 * each kind, and with somebody who wants in. One for all attacks: it has to bear them all.
 */
public final class AttackedProgram {

  public static final String ADMIN = "admin";

  /** Is in no group. */
  public static final String STRANGER = "norah";

  public static final String OPERATOR = "olivia";

  /** Of each of them. */
  public static final String PASSWORD = RunningEngine.PASSWORD;

  private static AttackedProgram running;

  private final RealProgram program;
  private final String migration;
  private final String task;

  /** Starts it, unless it runs. */
  public static synchronized AttackedProgram get() {
    if (running == null) {
      running = new AttackedProgram();
    }
    return running;
  }

  private AttackedProgram() {
    try {
      Path directory = Files.createTempDirectory("attacked");
      SandboxPlatform.makeCertificate(directory);
      RunningEngine.operatorsKey();
      SandboxPlatform lab = new SandboxPlatform(directory);
      lab.live();
      lab.describeIn(RunningEngine.DIRECTORY, "pryv");
      EdgeServer edges = new EdgeServer(lab);
      program = new RealProgram(directory, edges.url(), List.of());
      program.begin().awaitReady();
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    program.close();
                    edges.close();
                    lab.close();
                  }));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    user(STRANGER, null);
    user(OPERATOR, "operators");
    migration = program.startMigration("pryv");
    task =
        Awaitility.await()
            .atMost(Duration.ofMinutes(2))
            .ignoreExceptions()
            .until(
                () -> program.get("/engine-rest/task?processInstanceId=" + migration),
                tasks -> tasks.size() == 1)
            .get(0)
            .get("id")
            .asText();
  }

  private void user(String name, String group) {
    program.post(
        "/engine-rest/user/create",
        "{\"profile\":{\"id\":\"%1$s\",\"firstName\":\"%1$s\",\"lastName\":\"\"},\"credentials\":{\"password\":\"%2$s\"}}"
            .formatted(name, PASSWORD));
    if (group != null) {
      program.put("/engine-rest/group/" + group + "/members/" + name);
    }
  }

  /** Where it listens, such as {@code http://127.0.0.1:40123}. */
  public String base() {
    return program.base();
  }

  public int port() {
    return Integer.parseInt(base().replaceAll(".*:", ""));
  }

  /** The migration that waits. */
  public String migration() {
    return migration;
  }

  /** The task of its gate. */
  public String task() {
    return task;
  }

  /** What an admin gets. */
  public JsonNode get(String path) {
    return program.get(path);
  }

  /** The end of its log. */
  public String said() {
    return program.said();
  }

  /** Its process, for its memory. */
  public long pid() {
    return program.pid();
  }
}
