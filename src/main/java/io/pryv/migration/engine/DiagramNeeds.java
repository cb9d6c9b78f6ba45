package io.pryv.migration.engine;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.JavaDelegate;
import org.camunda.bpm.model.bpmn.Bpmn;
import org.camunda.bpm.model.bpmn.BpmnModelInstance;
import org.springframework.context.ApplicationContext;
import org.springframework.stereotype.Component;

/** What the expressions of a diagram name, and whether this program has it. */
@Component
public final class DiagramNeeds {

  private static final Pattern STEP = Pattern.compile("delegateExpression=\"\\$\\{(\\w+)}\"");
  private static final Pattern EXPRESSION = Pattern.compile("\\$\\{([^}]*)}");
  private static final Pattern CALL = Pattern.compile("(\\w+)\\.(\\w+)\\(([^)]*)\\)");

  /** What an expression calls by other names than those of beans. */
  private static final Set<String> OF_THE_ENGINE = Set.of("execution", "task");

  private final ApplicationContext beans;

  DiagramNeeds(ApplicationContext beans) {
    this.beans = beans;
  }

  /** Steps and methods that a diagram names and this program does not have, in words. */
  public Set<String> unmet(BpmnModelInstance diagram) {
    String text = Bpmn.convertToString(diagram);
    Set<String> unmet = new TreeSet<>();
    Matcher step = STEP.matcher(text);
    while (step.find()) {
      if (!isA(step.group(1), JavaDelegate.class)) {
        unmet.add("step " + step.group(1));
      }
    }
    Matcher expression = EXPRESSION.matcher(text);
    while (expression.find()) {
      Matcher call = CALL.matcher(expression.group(1));
      while (call.find()) {
        if (!answers(call.group(1), call.group(2), arguments(call.group(3)))) {
          unmet.add("method %s.%s".formatted(call.group(1), call.group(2)));
        }
      }
    }
    return unmet;
  }

  private static int arguments(String list) {
    return list.isBlank() ? 0 : list.split(",", -1).length;
  }

  private boolean answers(String name, String method, int arguments) {
    if (OF_THE_ENGINE.contains(name)) {
      return Arrays.stream(DelegateExecution.class.getMethods())
          .anyMatch(one -> one.getName().equals(method) && one.getParameterCount() == arguments);
    }
    return isA(name, Object.class)
        && DiagramExpressions.marked(beans.getType(name), method, arguments).isPresent();
  }

  private boolean isA(String name, Class<?> type) {
    return beans.containsBean(name) && type.isAssignableFrom(beans.getType(name));
  }
}
