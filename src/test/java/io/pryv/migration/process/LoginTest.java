package io.pryv.migration.process;

import static io.pryv.migration.process.RawHttp.get;
import static io.pryv.migration.process.RawHttp.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.camunda.bpm.engine.ProcessEngineException;
import org.camunda.bpm.engine.identity.User;
import org.camunda.bpm.engine.impl.persistence.entity.UserEntity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Passwords: who may guess them how fast, how they are kept, and what the log tells. */
@ExtendWith(OutputCaptureExtension.class)
class LoginTest extends EngineTest {

  private static final String PATH = "/api/migrations";

  @LocalServerPort int port;

  @AfterEach
  void onlyAdminIsLeft() {
    engine.getIdentityService().deleteUser("anna");
  }

  private int ask(String from, String user, String password) throws IOException {
    return status(RawHttp.send(from, port, get(PATH, user, password)));
  }

  private void anna(String password) {
    User anna = engine.getIdentityService().newUser("anna");
    anna.setPassword(password);
    engine.getIdentityService().saveUser(anna);
  }

  @Test
  void wrongPasswordsSlowTheirSourceDownAndLockNobodyOut() throws Exception {
    for (int i = 0; i < 7; i++) {
      assertThat(ask("127.0.0.7", "admin", "wrong password " + i)).isEqualTo(401);
    }

    Instant asked = Instant.now();
    assertThat(ask("127.0.0.1", "admin", PASSWORD)).as("from elsewhere").isEqualTo(200);
    Duration elsewhere = Duration.between(asked, Instant.now());
    asked = Instant.now();
    assertThat(ask("127.0.0.7", "admin", PASSWORD)).as("from there").isEqualTo(200);
    assertThat(Duration.between(asked, Instant.now()))
        .isGreaterThan(Duration.ofMillis(700))
        .isGreaterThan(elsewhere);
  }

  @Test
  void anUnknownNameIsAnsweredAsAWrongPasswordIs() throws Exception {
    String unknown = RawHttp.send("127.0.0.8", port, get(PATH, "nobody", "some password"));
    String wrong = RawHttp.send("127.0.0.8", port, get(PATH, "admin", "some password"));

    assertThat(withoutDate(unknown)).isEqualTo(withoutDate(wrong));
  }

  private static List<String> withoutDate(String answer) {
    return answer.lines().filter(line -> !line.startsWith("Date:")).toList();
  }

  @Test
  void theLogTellsWhoCameInAndWhoDidNotButNoPasswordWhereverItWasTyped(CapturedOutput log)
      throws Exception {
    anna("a password of anna");

    ask("127.0.0.9", "anna", "a password of anna");
    ask("127.0.0.9", "anna", "a wrong password");
    ask("127.0.0.9", "typed in the wrong field", "x");

    assertThat(log.getOut())
        .contains("login of anna from 127.0.0.9")
        .contains("login of anna from 127.0.0.9 refused")
        .contains("login of an unknown user from 127.0.0.9 refused")
        .doesNotContain("a password of anna", "a wrong password", "typed in the wrong field");
  }

  @Test
  void passwordsAreKeptAsBcrypt() {
    UserEntity admin =
        (UserEntity) engine.getIdentityService().createUserQuery().userId("admin").singleResult();

    assertThat(admin.getPassword()).startsWith("{bcrypt}$2a$10$");
  }

  @Test
  void aPasswordIsTwelveCharactersAtLeastAndNoLongerThanBcryptReads() {
    assertThatThrownBy(() -> anna("eleven char")).isInstanceOf(ProcessEngineException.class);
    assertThatThrownBy(() -> anna("x".repeat(73))).isInstanceOf(ProcessEngineException.class);

    anna("twelve chars");
    assertThat(engine.getIdentityService().checkPassword("anna", "twelve chars")).isTrue();
  }

  @Test
  void aNewPasswordEndsWhatTheOldOneOpened() throws Exception {
    anna("a password of anna");
    Browser browser = new Browser(port);
    browser.logIn("anna", "a password of anna");
    assertThat(browser.get("/migrations").statusCode()).isEqualTo(200);

    User anna = engine.getIdentityService().createUserQuery().userId("anna").singleResult();
    anna.setPassword("another password");
    engine.getIdentityService().saveUser(anna);

    assertThat(browser.get("/migrations").statusCode()).isEqualTo(302);
    assertThat(ask("127.0.0.1", "anna", "a password of anna")).isEqualTo(401);
  }

  @Test
  void aUserWhoIsDeletedIsOutAtOnce() throws Exception {
    anna("a password of anna");
    Browser browser = new Browser(port);
    browser.logIn("anna", "a password of anna");
    assertThat(browser.get("/migrations").statusCode()).isEqualTo(200);

    engine.getIdentityService().deleteUser("anna");

    assertThat(browser.get("/migrations").statusCode()).isEqualTo(302);
    assertThat(browser.get("/camunda/api/engine/engine/default/task").statusCode()).isEqualTo(401);
  }
}
