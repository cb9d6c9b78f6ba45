package io.pryv.migration.machine;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** A machine's own register, asked inside its container: nginx may lead everybody elsewhere. */
public final class RegisterContainer {

  /** Where it listens (field guide, section 1). */
  public static final int PORT = 9000;

  private static final int ANSWER_MS = 3_000;
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(5);

  private final Shell shell;
  private final Layout layout;

  public RegisterContainer(Shell shell, Layout layout) {
    this.shell = shell;
    this.layout = layout;
  }

  /** Whether docker runs the container; none is there on a slave without register. */
  public boolean runs() {
    return !layout.registerContainer().isEmpty() && look().startsWith("true");
  }

  /** What is wrong with its answer; empty when it knows that user. */
  public String complaint(String user) {
    List<String> words = List.of(look().split("\\s+", -1));
    // Without a network of its own it listens on the host.
    String address = words.size() > 1 ? words.get(1) : "127.0.0.1";
    try (Socket socket = shell.connect(address, PORT)) {
      socket.setSoTimeout(ANSWER_MS);
      socket
          .getOutputStream()
          .write(
              ("GET /" + user + "/check_username HTTP/1.0\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      StringBuilder answer = new StringBuilder();
      byte[] bytes = new byte[4096];
      for (int read = socket.getInputStream().read(bytes);
          read >= 0;
          read = socket.getInputStream().read(bytes)) {
        answer.append(new String(bytes, 0, read, StandardCharsets.UTF_8));
      }
      return answer.toString().replaceAll("\\s", "").contains("\"reserved\":true")
          ? ""
          : "answered: " + answer.toString().strip();
    } catch (IOException | StepFailure e) {
      return address + ": " + e.getMessage();
    }
  }

  private String look() {
    return shell
        .run(
            Command.look(
                    "find the address of the register",
                    "docker inspect -f '{{.State.Running}} {{range"
                        + " .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "
                        + Quote.sh(layout.registerContainer()))
                .within(LONGEST_LOOK))
        .orFail("see that this container exists, then retry")
        .strip();
  }
}
