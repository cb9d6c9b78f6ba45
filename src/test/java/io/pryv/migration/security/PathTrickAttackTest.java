package io.pryv.migration.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.process.AttackedProgram;
import io.pryv.migration.security.RawHttp.Answer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No spelling of a path leads past the door: filters and resources read it alike, or not at all.
 */
class PathTrickAttackTest extends Attack {

  /**
   * A letter encoded where a servlet's own path is: Spring Security ends the request by throwing.
   */
  private static final int UNREADABLE = 500;

  @ParameterizedTest
  @ValueSource(
      strings = {
        ENGINE + "/user",
        "/camunda/app/cockpit/default/",
        "/engine-rest/user",
        "/engine-rest/engine/default/task",
        "/api/migrations",
        "/migrations"
      })
  void withoutALoginNoSpellingIsAnswered(String path) {
    List<String> answered = new ArrayList<>();
    for (String spelling : PathTricks.of(path)) {
      Answer answer = http.request("GET", spelling).send();
      if (!refused(answer) && answer.status() != UNREADABLE) {
        answered.add(spelling + " " + answer.status() + " " + answer.body().lines().findFirst());
      }
    }
    assertThat(answered).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {ENGINE + "/deployment/create", "/engine-rest/deployment/create"})
  void noSpellingDeploysWhoeverAsks(String path) {
    List<String> answered = new ArrayList<>();
    for (String user :
        new String[] {
          null, AttackedProgram.STRANGER, AttackedProgram.OPERATOR, AttackedProgram.ADMIN
        }) {
      for (String spelling : PathTricks.of(path)) {
        // Hashing a password takes its time: of users, one trick in three.
        if (user == null || Math.floorMod(spelling.hashCode() + user.length(), 3) == 0) {
          Answer answer = deploying(as(user, "POST", spelling)).send();
          if (!refused(answer) && answer.status() != UNREADABLE) {
            answered.add(user + " " + spelling + " " + answer.status());
          }
        }
      }
    }
    assertThat(answered).isEmpty();
  }
}
