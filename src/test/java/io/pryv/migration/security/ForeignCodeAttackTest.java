package io.pryv.migration.security;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.pryv.migration.process.AttackedProgram;
import io.pryv.migration.security.RawHttp.Answer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.camunda.bpm.engine.rest.dto.task.TaskQueryDto;
import org.junit.jupiter.api.Test;

/** Whatever is asked in whatever field: no word of a request is run. */
class ForeignCodeAttackTest extends Attack {

  private static final List<String> WHO =
      Arrays.asList(
          null, AttackedProgram.STRANGER, AttackedProgram.OPERATOR, AttackedProgram.ADMIN);

  private static final List<String> ROOTS = List.of("/engine-rest", ENGINE);

  /** Every parameter of a query for tasks that takes an expression, from Camunda's own class. */
  private static List<String> expressions() {
    List<String> names =
        Stream.concat(
                Arrays.stream(TaskQueryDto.class.getMethods())
                    .filter(method -> method.getName().startsWith("set"))
                    .map(method -> method.getName().substring(3))
                    .map(name -> name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1)),
                Arrays.stream(TaskQueryDto.class.getDeclaredFields())
                    .map(field -> field.getAnnotation(JsonProperty.class))
                    .filter(property -> property != null)
                    .map(JsonProperty::value))
            .filter(name -> name.endsWith("Expression"))
            .distinct()
            .sorted()
            .toList();
    assertThat(names).hasSizeGreaterThanOrEqualTo(20);
    return names;
  }

  @Test
  void noQueryRunsAnExpressionWhereverItStands() {
    for (String user : WHO) {
      for (String name : expressions()) {
        String plain = "{\"%s\":\"%s\"}".formatted(name, COMMAND);
        for (String root : ROOTS) {
          as(user, "POST", root + "/task").json("{\"orQueries\":[" + plain + "]}").send();
        }
        if (user == null || user.equals(AttackedProgram.OPERATOR)) {
          as(user, "POST", ENGINE + "/task/count").json(plain).send();
          as(user, "GET", "/engine-rest/task?" + name + "=" + encoded(COMMAND)).send();
        }
      }
    }
    assertThat(MARK).doesNotExist();
  }

  @Test
  void noQueryOfAnyOtherKindDoesEither() {
    String body =
        "{\"orQueries\":[{\"assigneeExpression\":\"%1$s\",\"orQueries\":[{\"ownerExpression\":\"%1$s\"}]}],\"assigneeExpression\":\"%1$s\",\"processVariables\":[{\"name\":\"x\",\"operator\":\"eq\",\"value\":\"%1$s\"}],\"sorting\":[{\"sortBy\":\"processVariable\",\"sortOrder\":\"asc\",\"parameters\":{\"variable\":\"%1$s\",\"type\":\"%1$s\"}}]}"
            .formatted(COMMAND);
    for (String user : WHO) {
      for (String root : ROOTS) {
        for (String kind :
            List.of(
                "/task/count",
                "/process-instance",
                "/execution",
                "/variable-instance",
                "/job",
                "/external-task",
                "/history/process-instance",
                "/history/task",
                "/history/activity-instance",
                "/case-instance",
                "/group")) {
          as(user, "POST", root + kind).json(body).send();
        }
      }
      for (String kind : List.of("process-instance", "incident", "process-instance/count")) {
        as(user, "POST", "/camunda/api/cockpit/plugin/base/default/" + kind).json(body).send();
      }
    }
    assertThat(MARK).doesNotExist();
  }

  @Test
  void noFilterIsStoredAndNoneIsExtendedByAnExpression() {
    String filters = program.get("/engine-rest/process-definition").toString();
    assertThat(filters).isNotEmpty();
    for (String user : WHO) {
      for (String root : ROOTS) {
        for (String query :
            List.of(
                "{\"assigneeExpression\":\"%s\"}".formatted(COMMAND),
                "{\"orQueries\":[{\"assigneeExpression\":\"%s\"}]}".formatted(COMMAND))) {
          Answer made =
              as(user, "POST", root + "/filter/create")
                  .json(
                      "{\"resourceType\":\"Task\",\"name\":\"evil\",\"query\":%s,\"properties\":{}}"
                          .formatted(query))
                  .send();
          assertThat(refused(made)).as(user + " " + made.body()).isTrue();
          String all = allTasks();
          assertThat(
                  refused(
                      as(user, "PUT", root + "/filter/" + all)
                          .json(
                              "{\"resourceType\":\"Task\",\"name\":\"evil\",\"query\":%s}"
                                  .formatted(query))
                          .send()))
              .as(user)
              .isTrue();
          for (String way : List.of("list", "count", "singleResult")) {
            as(user, "POST", root + "/filter/" + all + "/" + way).json(query).send();
          }
        }
      }
    }
    assertThat(MARK).doesNotExist();
  }

  /** Whose content says what it is to become. */
  @Test
  void noVariableBecomesAnObjectOfItsOwn() {
    String java =
        "{\"type\":\"Object\",\"value\":\"rO0ABXQAAXg=\",\"valueInfo\":{\"objectTypeName\":\"java.lang.String\",\"serializationDataFormat\":\"application/x-java-serialized-object\"}}";
    String named =
        "{\"type\":\"Object\",\"value\":\"{}\",\"valueInfo\":{\"objectTypeName\":\"javax.script.ScriptEngineManager\",\"serializationDataFormat\":\"application/json\"}}";
    for (String user : WHO) {
      for (String root : ROOTS) {
        String variables = root + "/process-instance/" + program.migration() + "/variables/";
        for (String body : List.of(java, named)) {
          assertThat(as(user, "PUT", variables + "evil").json(body).send().status())
              .as(user)
              .isGreaterThanOrEqualTo(400);
        }
        for (String type :
            List.of(
                "multipart/form-data; boundary=b",
                "multipart/mixed; boundary=b",
                "multipart/related; boundary=b",
                "MULTIPART/FORM-DATA; boundary=\"b\"")) {
          Answer uploaded =
              as(user, "POST", variables + "evil/data")
                  .body(
                      type,
                      ("--b\r\nContent-Disposition: form-data; name=\"data\"\r\nContent-Type:"
                              + " application/json\r\n\r\n{}\r\n--b\r\nContent-Disposition:"
                              + " form-data; name=\"type\"\r\nContent-Type: text/plain\r\n\r\n"
                              + "javax.script.ScriptEngineManager\r\n--b--\r\n")
                          .getBytes(StandardCharsets.UTF_8))
                  .send();
          assertThat(refused(uploaded)).as(user + " " + type).isTrue();
        }
      }
    }
  }

  /** What can not be read may well be answered with 500: what counts is that nothing runs. */
  @Test
  void noBodyOfAnotherTypeIsReadAsACall() {
    String command = COMMAND;
    for (String user : WHO) {
      for (String type :
          List.of(
              "text/plain",
              "text/xml",
              "application/xml",
              "application/x-www-form-urlencoded",
              "application/x-java-serialized-object",
              "application/yaml",
              "application/hal+json",
              "multipart/form-data; boundary=b",
              "application/json; charset=utf-16",
              "application/json; charset=utf-7",
              "*/*")) {
        for (String path :
            List.of("/engine-rest/task", ENGINE + "/task", "/api/migrations/x/rollback")) {
          as(user, "POST", path)
              .body(
                  type,
                  ("{\"orQueries\":[{\"assigneeExpression\":\"" + command + "\"}]}")
                      .getBytes(StandardCharsets.UTF_8))
              .send();
        }
      }
    }
    assertThat(MARK).doesNotExist();
  }

  /** Messages, signals, conditions, decisions, cases, workers, moves, batches, other engines. */
  @Test
  void whatNobodyNeedsIsRefusedForAll() {
    for (String user : WHO) {
      for (String root : ROOTS) {
        for (String call :
            List.of(
                "POST /message",
                "POST /signal",
                "POST /condition",
                "POST /migration/generate",
                "POST /migration/execute",
                "POST /modification/execute",
                "POST /external-task/fetchAndLock",
                "POST /decision-definition/key/x/evaluate",
                "POST /case-definition/key/x/create",
                "POST /process-instance/delete",
                "POST /process-instance/variables-async",
                "POST /process-definition/key/register-migration/restart",
                "POST /job/retries",
                "POST /authorization/create",
                "POST /tenant/create",
                "POST /group/create",
                "POST /history/cleanup",
                "POST /history/process-instance/delete",
                "POST /telemetry/configuration",
                "POST /task/create",
                "POST /identity/verify",
                "DELETE /deployment/x",
                "POST /deployment/x/redeploy",
                "GET /deployment",
                "GET /version",
                "GET /metrics",
                "GET /schema/log")) {
          String[] parts = call.split(" ", -1);
          Answer answer = as(user, parts[0], root + parts[1]).json("{}").send();
          assertThat(refused(answer)).as(user + " " + call + " " + answer.status()).isTrue();
        }
      }
    }
  }

  private String allTasks() {
    Answer filters = as(AttackedProgram.ADMIN, "GET", ENGINE + "/filter").send();
    java.util.regex.Matcher id =
        java.util.regex.Pattern.compile("\"id\":\"([^\"]+)\"").matcher(filters.body());
    return id.find() ? id.group(1) : "none";
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
