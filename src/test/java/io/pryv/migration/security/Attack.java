package io.pryv.migration.security;

import io.pryv.migration.process.AttackedProgram;
import io.pryv.migration.security.RawHttp.Answer;
import io.pryv.migration.security.RawHttp.Request;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

/** What the attacks share: the program, and the marks that one which gets through leaves. */
@Tag("security")
abstract class Attack {

  static final String ENGINE = "/camunda/api/engine/engine/default";

  /** A file that appears when anybody's command is run. */
  static final Path MARK = mark();

  /** Ran on Camunda 7.24 as it comes, in a process and in a query. */
  static final String COMMAND =
      "${''.getClass().forName('java.lang.Runtime').getMethod('getRuntime').invoke(null)"
          + ".exec('touch "
          + MARK
          + "').waitFor()}";

  private static final String PROCESS =
      """
      <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x"
          xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
        <process id="evil" isExecutable="true" camunda:historyTimeToLive="1">
          <startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>
          <serviceTask id="t" camunda:expression="%s"/>
        </process>
      </definitions>
      """
          .formatted(COMMAND);

  private static final Map<String, Session> SESSIONS = new ConcurrentHashMap<>();

  final AttackedProgram program = AttackedProgram.get();
  final RawHttp http = new RawHttp(program.port());

  /** The migration stands where it stood, nothing ran, nothing was deployed, nobody was locked. */
  @AfterEach
  void nothingHasHappened() throws IOException {
    Throwable trouble = null;
    if (Files.deleteIfExists(MARK)) {
      trouble = new AssertionError("somebody's command ran inside of the program");
    }
    if (program.get("/engine-rest/process-definition?key=evil").size() > 0) {
      trouble = new AssertionError("a foreign process was deployed");
    }
    if (!program
        .get("/engine-rest/task?processInstanceId=" + program.migration())
        .toString()
        .contains(program.task())) {
      trouble = new AssertionError("the migration does not wait at its gate any more");
    }
    if (trouble != null) {
      throw new AssertionError(trouble.getMessage() + ":\n" + program.said(), trouble);
    }
  }

  /**
   * A request of that user's browser; of nobody's, when there is none. A password of a program
   * would be hashed each time anew, which is slow on purpose.
   */
  Request as(String user, String method, String path) {
    return user == null
        ? http.request(method, path)
        : SESSIONS.computeIfAbsent(user, this::loggedIn).request(method, path);
  }

  private Session loggedIn(String user) {
    Session session = new Session(http);
    session.logIn(user, AttackedProgram.PASSWORD);
    return session;
  }

  /** A request that would deploy a process which runs a command. */
  static Request deploying(Request request) {
    return request.body(
        "multipart/form-data; boundary=b",
        ("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"evil.bpmn\"\r\n\r\n"
                + PROCESS
                + "\r\n--b--\r\n")
            .getBytes(StandardCharsets.UTF_8));
  }

  /** Refused, or led to the login: whatever it is, nothing of what was asked for. */
  static boolean refused(Answer answer) {
    boolean toLogin =
        (answer.status() == 302 || answer.status() == 303)
            && answer.header("Location").orElse("").matches("(https?://[^/]+)?/login(\\?.*)?");
    return toLogin || (answer.status() >= 400 && answer.status() < 500);
  }

  private static Path mark() {
    try {
      return Files.createTempDirectory("attack").resolve("a-command-ran");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
