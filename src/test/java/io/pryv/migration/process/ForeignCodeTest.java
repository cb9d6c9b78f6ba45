package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.engine.ThisProgram;
import jakarta.servlet.ServletRequestListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.camunda.bpm.engine.AuthorizationException;
import org.camunda.bpm.engine.ParseException;
import org.camunda.bpm.engine.ProcessEngineException;
import org.camunda.bpm.engine.filter.Filter;
import org.camunda.bpm.engine.impl.TaskQueryImpl;
import org.camunda.bpm.engine.repository.Deployment;
import org.camunda.bpm.engine.task.TaskQuery;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

/** Somebody has found a way past every door: still nothing of his runs in the engine. */
class ForeignCodeTest extends EngineTest {

  private static final Path MARK = DIRECTORY.resolve("foreign-code-ran");

  /** With Camunda 7.24 as it comes this runs, in a process as well as in an or-query. */
  private static final String COMMAND =
      "''.getClass().forName('java.lang.Runtime').getMethod('getRuntime').invoke(null)"
          + ".exec('touch "
          + MARK
          + "').waitFor()";

  private static final String PROCESS =
      """
      <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x"
          xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
          xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
        <process id="foreign" isExecutable="true" camunda:historyTimeToLive="1">
          <startEvent id="start"/>
          <sequenceFlow id="one" sourceRef="start" targetRef="work"/>
          %s
          <sequenceFlow id="two" sourceRef="work" targetRef="end"/>
          <endEvent id="end"/>
        </process>
      </definitions>
      """;

  @Autowired ServletRequestListener request;

  private Deployment deployed;

  @AfterEach
  void undeploy() throws Exception {
    if (deployed != null) {
      engine.getRepositoryService().deleteDeployment(deployed.getId(), true);
    }
    Files.deleteIfExists(MARK);
  }

  @Test
  void nobodyDeploysWhetherLoggedInOrNot() {
    assertThatThrownBy(() -> add("<task id='work'/>"))
        .isInstanceOf(AuthorizationException.class)
        .hasMessageContaining("Deployment is refused");
    engine.getIdentityService().setAuthentication("admin", List.of("camunda-admin"));
    try {
      assertThatThrownBy(() -> add("<task id='work'/>"))
          .isInstanceOf(AuthorizationException.class)
          .hasMessageContaining("Deployment is refused");
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<scriptTask id='work' scriptFormat='groovy'><script>1</script></scriptTask>",
        "<serviceTask id='work' camunda:class='java.lang.ProcessBuilder'/>",
        "<serviceTask id='work' camunda:type='shell'/>",
        "<serviceTask id='work' camunda:expression='${execution}'/>",
        "<sendTask id='work' camunda:type='mail'/>",
        "<businessRuleTask id='work' camunda:decisionRef='x'/>",
        "<callActivity id='work' calledElement='register-migration'/>",
        "<userTask id='work' camunda:formHandlerClass='java.lang.ProcessBuilder'/>",
        "<userTask id='work'><extensionElements><camunda:taskListener event='create'"
            + " class='java.lang.ProcessBuilder'/></extensionElements></userTask>",
        "<userTask id='work'><extensionElements><camunda:taskListener event='create'>"
            + "<camunda:script scriptFormat='groovy'>1</camunda:script></camunda:taskListener>"
            + "</extensionElements></userTask>",
        "<userTask id='work'><extensionElements><camunda:inputOutput><camunda:inputParameter"
            + " name='x'>${execution}</camunda:inputParameter></camunda:inputOutput>"
            + "</extensionElements></userTask>",
        "<userTask id='work'><extensionElements><camunda:formData><camunda:formField id='x'"
            + " type='string' defaultValue='${execution}'/></camunda:formData>"
            + "</extensionElements></userTask>",
        "<serviceTask id='work' activiti:class='java.lang.ProcessBuilder'"
            + " xmlns:activiti='http://activiti.org/bpmn'/>",
        "<foreign:task id='work' xmlns:foreign='http://example.org'/>"
      })
  void aProcessThatSaysWhatOursNeverSayIsNotReadEvenIfItIsDeployed(String work) {
    assertThatThrownBy(() -> deploy(work))
        .isInstanceOf(ParseException.class)
        .hasMessageContaining("no process of this program has the");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "COMMAND",
        "execution.getClass()",
        "execution.processEngineServices",
        "execution.getProcessEngineServices().getIdentityService()",
        "rollback.getClass().forName('java.lang.Runtime')",
        "decisions.class",
        "decisions.logbook",
        "rollback.ask('x', 'y')",
        "writeReport.execute(execution)",
        "logbook.decisions('x')",
        "dataSource",
        "processEngine",
        "environment",
        "systemProperties",
        "text.toUpperCase()",
        "text.bytes",
        "currentUser()",
        "now()",
        "variableContext"
      })
  void anExpressionReachesOurStepsAndVariablesAndNothingElse(String expression) {
    String said = "${" + (expression.equals("COMMAND") ? COMMAND : expression) + "}";
    assertThatThrownBy(
            () -> {
              deploy(
                  "<userTask id='work'><extensionElements><camunda:executionListener event='start'"
                      + " expression=\"%s\"/></extensionElements></userTask>".formatted(said));
              engine.getRuntimeService().startProcessInstanceByKey("foreign", Map.of("text", "a"));
            })
        .isInstanceOf(ProcessEngineException.class)
        .hasMessageMatching(
            "(?s).*(Unknown property|Cannot find|Could not resolve|may not call).*");
    assertThat(MARK).doesNotExist();
  }

  @Test
  void noVariableTakesThePlaceOfAStep() {
    deploy("<serviceTask id='work' name='Work' camunda:delegateExpression='${fenceDest}'/>");

    // Ours is asked, and misses its platform: the variable would be no delegate at all.
    assertThatThrownBy(
            () ->
                engine
                    .getRuntimeService()
                    .startProcessInstanceByKey("foreign", Map.of("fenceDest", "mine")))
        .hasMessageContaining("platform");
  }

  @Test
  void noQueryEvaluatesAnExpressionHoweverDeepItLies() {
    engine.getIdentityService().setAuthentication("nobody", List.of());
    try {
      for (String expression : List.of("${" + COMMAND + "}", "${rollback}", "#{1}")) {
        refused(tasks().taskAssigneeExpression(expression));
        refused(tasks().or().taskAssigneeExpression(expression).endOr());
        refused(tasks().taskName("x").or().taskCandidateGroupInExpression(expression).endOr());
        refused(tasks().or().dueBeforeExpression(expression).taskName("y").endOr());
        refused(tasks().or().processInstanceBusinessKeyExpression(expression).endOr().or().endOr());
      }
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
    assertThat(MARK).doesNotExist();
  }

  @Test
  void noStoredFilterEvaluatesAnExpressionNorDoesOneThatExtendsIt() {
    for (boolean nested : new boolean[] {false, true}) {
      TaskQuery query = tasks();
      query =
          nested
              ? query.or().taskOwnerExpression("${" + COMMAND + "}").endOr()
              : query.taskOwnerExpression("${" + COMMAND + "}");
      Filter filter = engine.getFilterService().newTaskFilter("foreign").setQuery(query);
      assertThatThrownBy(
              () -> {
                engine.getFilterService().saveFilter(filter);
                engine.getFilterService().list(filter.getId());
              })
          .isInstanceOf(ProcessEngineException.class);
      assertThatThrownBy(
              () -> {
                engine.getFilterService().saveFilter(filter);
                engine.getFilterService().count(filter.getId(), new TaskQueryImpl());
              })
          .isInstanceOf(ProcessEngineException.class);
      if (filter.getId() != null) {
        engine.getFilterService().deleteFilter(filter.getId());
      }
    }
    assertThat(MARK).doesNotExist();
  }

  @Test
  void onTheThreadOfARequestTheEngineDoesNothingForNobody() {
    request.requestInitialized(null);
    try {
      assertThatThrownBy(() -> tasks().list()).hasMessageContaining("Nobody is logged in");
      assertThatThrownBy(() -> engine.getIdentityService().checkPassword("admin", PASSWORD))
          .isInstanceOf(AuthorizationException.class);
      assertThat(asAdmin(() -> tasks().list())).isNotNull();
      assertThat(
              ThisProgram.<Boolean>acts(
                  engine.getIdentityService(),
                  () -> engine.getIdentityService().checkPassword("admin", PASSWORD)))
          .isTrue();
    } finally {
      request.requestDestroyed(null);
    }
    assertThat(tasks().list()).isNotNull();
  }

  private static void refused(TaskQuery query) {
    assertThatThrownBy(query::list).isInstanceOf(ProcessEngineException.class);
    assertThatThrownBy(query::count).isInstanceOf(ProcessEngineException.class);
  }

  private TaskQuery tasks() {
    return engine.getTaskService().createTaskQuery();
  }

  /** As only this program's start may. */
  private void deploy(String work) {
    ThisProgram.deploys(() -> deployed = add(work));
  }

  private Deployment add(String work) {
    return engine
        .getRepositoryService()
        .createDeployment()
        .addString("foreign.bpmn", PROCESS.formatted(work))
        .deploy();
  }
}
