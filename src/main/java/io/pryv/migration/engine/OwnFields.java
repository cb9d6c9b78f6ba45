package io.pryv.migration.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.camunda.bpm.engine.BadUserRequestException;
import org.camunda.bpm.engine.delegate.Expression;
import org.camunda.bpm.engine.delegate.VariableScope;
import org.camunda.bpm.engine.form.TaskFormData;
import org.camunda.bpm.engine.impl.bpmn.behavior.UserTaskActivityBehavior;
import org.camunda.bpm.engine.impl.bpmn.parser.AbstractBpmnParseListener;
import org.camunda.bpm.engine.impl.bpmn.parser.BpmnParse;
import org.camunda.bpm.engine.impl.bpmn.parser.BpmnParseListener;
import org.camunda.bpm.engine.impl.cfg.AbstractProcessEnginePlugin;
import org.camunda.bpm.engine.impl.cfg.ProcessEngineConfigurationImpl;
import org.camunda.bpm.engine.impl.context.Context;
import org.camunda.bpm.engine.impl.form.handler.TaskFormHandler;
import org.camunda.bpm.engine.impl.persistence.entity.DeploymentEntity;
import org.camunda.bpm.engine.impl.persistence.entity.ProcessDefinitionEntity;
import org.camunda.bpm.engine.impl.persistence.entity.ResourceEntity;
import org.camunda.bpm.engine.impl.persistence.entity.TaskEntity;
import org.camunda.bpm.engine.impl.pvm.process.ActivityImpl;
import org.camunda.bpm.engine.impl.pvm.process.ScopeImpl;
import org.camunda.bpm.engine.impl.task.TaskDefinition;
import org.camunda.bpm.engine.impl.util.xml.Element;
import org.camunda.bpm.engine.variable.VariableMap;
import org.camunda.bpm.engine.variable.impl.VariableMapImpl;
import org.springframework.stereotype.Component;

/**
 * Whoever completes a task says what its form asks, and nothing else: a variable beside its fields
 * could lead elsewhere than his decision. One that comes back as it was is let be.
 */
@Component
class OwnFields extends AbstractProcessEnginePlugin {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  public void preInit(ProcessEngineConfigurationImpl engine) {
    List<BpmnParseListener> all =
        new ArrayList<>(
            Optional.ofNullable(engine.getCustomPostBPMNParseListeners()).orElse(List.of()));
    all.add(new Asking());
    engine.setCustomPostBPMNParseListeners(all);
  }

  private static final class Asking extends AbstractBpmnParseListener {

    @Override
    public void parseUserTask(Element element, ScopeImpl scope, ActivityImpl activity) {
      TaskDefinition task =
          ((UserTaskActivityBehavior) activity.getActivityBehavior()).getTaskDefinition();
      task.setTaskFormHandler(new FieldsOnly(task, task.getTaskFormHandler()));
    }
  }

  private static final class FieldsOnly implements TaskFormHandler {

    private final TaskDefinition definition;
    private final TaskFormHandler form;

    FieldsOnly(TaskDefinition definition, TaskFormHandler form) {
      this.definition = definition;
      this.form = form;
    }

    @Override
    public void parseConfiguration(
        Element element,
        DeploymentEntity deployment,
        ProcessDefinitionEntity process,
        BpmnParse parse) {
      form.parseConfiguration(element, deployment, process, parse);
    }

    @Override
    public TaskFormData createTaskForm(TaskEntity task) {
      return form.createTaskForm(task);
    }

    @Override
    public void submitFormVariables(VariableMap said, VariableScope scope) {
      Set<String> fields = fields((TaskEntity) scope);
      VariableMap own = new VariableMapImpl();
      Set<String> foreign = new TreeSet<>();
      for (String name : said.keySet()) {
        if (fields.contains(name)) {
          own.putValueTyped(name, said.getValueTyped(name));
        } else if (!scope.hasVariable(name)
            || !Objects.equals(scope.getVariable(name), said.get(name))) {
          foreign.add(name);
        }
      }
      if (!foreign.isEmpty()) {
        throw new BadUserRequestException(
            "\"%s\": expected the fields of its form, %s, found %s as well; nothing was decided"
                .formatted(((TaskEntity) scope).getName(), new TreeSet<>(fields), foreign));
      }
      form.submitFormVariables(own, scope);
    }

    private Set<String> fields(TaskEntity task) {
      Set<String> keys = new TreeSet<>();
      Optional.ofNullable(definition.getCamundaFormDefinitionKey())
          .map(Expression::getExpressionText)
          .map(
              form ->
                  Context.getCommandContext()
                      .getResourceManager()
                      .findResourceByDeploymentIdAndResourceName(
                          task.getProcessDefinition().getDeploymentId(), form + ".form"))
          .map(ResourceEntity::getBytes)
          .ifPresent(form -> collect(read(form), keys));
      return keys;
    }

    private static JsonNode read(byte[] form) {
      try {
        return JSON.readTree(form);
      } catch (IOException e) {
        throw new UncheckedIOException("a form that was deployed is not JSON", e);
      }
    }

    private static void collect(JsonNode component, Set<String> keys) {
      for (JsonNode inner : component.path("components")) {
        if (inner.has("key")) {
          keys.add(inner.get("key").asText());
        }
        collect(inner, keys);
      }
    }
  }
}
