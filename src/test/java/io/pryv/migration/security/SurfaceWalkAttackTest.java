package io.pryv.migration.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.process.AttackedProgram;
import io.pryv.migration.security.RawHttp.Answer;
import io.pryv.migration.security.RestSurface.Endpoint;
import io.pryv.migration.security.Surface.Call;
import io.pryv.migration.security.Surface.Who;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every call of Camunda's jars is made, as each kind of user: let through is what is listed. */
class SurfaceWalkAttackTest extends Attack {

  @ParameterizedTest
  @CsvSource({
    ",",
    AttackedProgram.STRANGER + ",",
    AttackedProgram.OPERATOR + ", operators",
    AttackedProgram.ADMIN + ", camunda-admin"
  })
  void everyCallIsLetThroughForWhomItIsListedAndForNobodyElse(String user, String group) {
    List<String> wrong = new ArrayList<>();
    int let = 0;
    for (Endpoint endpoint : RestSurface.ofCamunda().endpoints()) {
      if (endpoint.path().endsWith("/logout")) {
        // The door answers that one itself, and ends the session with which we walk.
        continue;
      }
      boolean listed =
          group != null
              && listedFor(endpoint).stream().anyMatch(who -> who.groups().contains(group));
      Answer answer = as(user, endpoint.method(), concrete(endpoint)).json("{}").send();
      boolean through = !refusedAtTheDoor(answer);
      if (through != listed) {
        wrong.add(
            endpoint + (through ? " is let through" : " is refused") + ": " + answer.status());
      }
      let += through ? 1 : 0;
    }
    assertThat(wrong).isEmpty();
    assertThat(let > 0).as("anything let through").isEqualTo(group != null);
  }

  @ParameterizedTest
  @CsvSource({
    AttackedProgram.OPERATOR + ", 200, 403",
    AttackedProgram.ADMIN + ", 200, 200",
    AttackedProgram.STRANGER + ", 403, 403"
  })
  void thePagesOfTheWebappsAreServedToWhomTheyAreMeantFor(String user, int pages, int admin) {
    for (String app : List.of("tasklist", "cockpit")) {
      assertThat(as(user, "GET", "/camunda/app/" + app + "/default/").send().status())
          .as(app)
          .isEqualTo(pages);
    }
    assertThat(as(user, "GET", "/camunda/app/admin/default/").send().status()).isEqualTo(admin);
  }

  /** Each asks the engine for something with its user taken off. */
  @Test
  void anOperatorIsShownTheFormsOfTheGateAndOfAStartAndMayComment() {
    String definition =
        program
            .get("/engine-rest/process-definition?key=register-migration")
            .get(0)
            .get("id")
            .asText();
    for (String path :
        List.of(
            "/process-definition/" + definition + "/startForm",
            "/process-definition/" + definition + "/deployed-start-form",
            "/task/" + program.task(),
            "/task/" + program.task() + "/form",
            "/task/" + program.task() + "/deployed-form",
            "/task/" + program.task() + "/form-variables",
            "/task/" + program.task() + "/comment")) {
      Answer answer = as(AttackedProgram.OPERATOR, "GET", ENGINE + path).send();
      assertThat(answer.status()).as(path + answer.body()).isEqualTo(200);
    }
  }

  private static Optional<Who> listedFor(Endpoint endpoint) {
    return Surface.calls().stream()
        .filter(call -> call.method().name().equals(endpoint.method()))
        .filter(call -> shape(call.path()).equals(shape(endpoint.path())))
        .map(Call::who)
        .findFirst();
  }

  private static String shape(String path) {
    return path.replaceAll("\\{\\w+:\\.\\*}", "**")
        .replaceAll("\\{(engine|name|processEngineName)}", "default")
        .replaceAll("\\{[^}]*}", "{}");
  }

  private static String concrete(Endpoint endpoint) {
    return shape(endpoint.path()).replace("**", "app/plugin.js").replace("{}", "none");
  }

  /** The engine refuses, too, and says so in words of its own. */
  private static boolean refusedAtTheDoor(Answer answer) {
    return answer.status() == 401
        || answer.status() == 302
        || (answer.status() == 403 && !answer.body().contains("\"type\":\""));
  }
}
