package io.pryv.migration.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.process.AttackedProgram;
import io.pryv.migration.security.RawHttp.Answer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A call is let through by its method: no other one, and no word about another one, helps. */
class VerbAttackTest extends Attack {

  private static final List<String> ODD =
      List.of(
          "TRACE",
          "TRACK",
          "CONNECT",
          "PROPFIND",
          "PROPPATCH",
          "MKCOL",
          "COPY",
          "MOVE",
          "LOCK",
          "UNLOCK",
          "SEARCH",
          "DEBUG",
          "PURGE",
          "LINK",
          "JEFF",
          "get",
          "Get",
          "POSTS",
          "GET\tX");

  private static final List<String> COMMON =
      List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

  private static final List<String> OVERRIDES =
      List.of(
          "X-HTTP-Method-Override",
          "X-HTTP-Method",
          "X-Method-Override",
          "X-Original-Method",
          "X-Rewrite-Method");

  private static final List<String> PATHS =
      List.of(
          "/migrations",
          "/api/migrations",
          "/engine-rest/task",
          ENGINE + "/process-definition",
          "/camunda/app/tasklist/default/",
          "/");

  @Test
  void anOddMethodIsRefusedWhoeverAsks() {
    List<String> answered = new ArrayList<>();
    for (String user : new String[] {null, AttackedProgram.OPERATOR}) {
      for (String path : PATHS) {
        for (String method : ODD) {
          Answer answer = as(user, method, path).send();
          if (!refused(answer) && answer.status() != 501) {
            answered.add(user + " " + method + " " + path + " " + answer.status());
          }
        }
      }
    }
    assertThat(answered).isEmpty();
  }

  @Test
  void withoutALoginNoMethodIsAnswered() {
    List<String> answered = new ArrayList<>();
    for (String path : PATHS) {
      for (String method : COMMON) {
        Answer answer = http.request(method, path).send();
        if (!refused(answer)) {
          answered.add(method + " " + path + " " + answer.status());
        }
      }
    }
    assertThat(answered).isEmpty();
  }

  /** An operator may look at a migration, not end it. */
  @Test
  void aMethodInAHeaderOrParameterIsNotTheMethod() {
    String path = "/process-instance/" + program.migration();
    for (String root : List.of("/engine-rest", ENGINE)) {
      for (String user : List.of(AttackedProgram.OPERATOR, AttackedProgram.ADMIN)) {
        for (String carrier : List.of("GET", "HEAD", "POST", "OPTIONS")) {
          for (String header : OVERRIDES) {
            as(user, carrier, root + path).header(header, "DELETE").send();
          }
          as(user, carrier, root + path + "?_method=DELETE").send();
          as(user, carrier, root + path + "?X-HTTP-Method-Override=DELETE").send();
          as(user, carrier, root + path)
              .body(
                  "application/x-www-form-urlencoded",
                  "_method=DELETE".getBytes(StandardCharsets.UTF_8))
              .send();
        }
      }
    }
    assertThat(program.get("/api/migrations/" + program.migration()).get("state").asText())
        .isEqualTo("waiting");
  }

  @Test
  void onlyAnAdminMayEndOrSuspendAMigration() {
    String path = "/process-instance/" + program.migration();
    for (String user : new String[] {null, AttackedProgram.STRANGER, AttackedProgram.OPERATOR}) {
      for (String root : List.of("/engine-rest", ENGINE, "/engine-rest/engine/default")) {
        assertThat(refused(as(user, "DELETE", root + path).send())).as(user).isTrue();
        for (String suspended :
            List.of(
                path + "/suspended",
                "/process-instance/suspended",
                "/process-definition/suspended",
                "/process-definition/key/register-migration/suspended",
                "/job/suspended",
                "/job-definition/suspended")) {
          Answer answer =
              as(user, "PUT", root + suspended)
                  .json(
                      "{\"suspended\":true,\"includeProcessInstances\":true,"
                          + "\"processDefinitionKey\":\"register-migration\"}")
                  .send();
          assertThat(refused(answer)).as(user + " " + suspended).isTrue();
        }
      }
    }
  }

  /** Each of them would lead past the gate without its decision. */
  @Test
  void nobodyEndsATaskWithAnErrorAnEscalationOrWithoutItsForm() {
    for (String user :
        new String[] {
          null, AttackedProgram.STRANGER, AttackedProgram.OPERATOR, AttackedProgram.ADMIN
        }) {
      for (String root : List.of("/engine-rest", ENGINE, "/engine-rest/engine/default")) {
        for (String way :
            List.of("bpmnError", "bpmnEscalation", "complete", "resolve", "delegate")) {
          Answer answer =
              as(user, "POST", root + "/task/" + program.task() + "/" + way)
                  .json("{\"errorCode\":\"x\",\"escalationCode\":\"x\",\"userId\":\"norah\"}")
                  .send();
          assertThat(refused(answer)).as(user + " " + way + " " + answer.status()).isTrue();
        }
      }
    }
  }
}
