package io.pryv.migration.process;

import io.pryv.migration.engine.BeginListener;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.model.bpmn.instance.ExclusiveGateway;
import org.camunda.bpm.model.bpmn.instance.SequenceFlow;
import org.springframework.stereotype.Component;

/**
 * A gateway goes by nothing that somebody has edited: the sealed variables that its conditions name
 * are compared before it chooses. Once it has, the wrong way would go on, whatever is put right.
 */
@Component
class SealedGateways implements BeginListener {

  private static final Pattern NO_NAME = Pattern.compile("\\W+");

  private final Seals seals;

  SealedGateways(Seals seals) {
    this.seals = seals;
  }

  @Override
  public void begins(DelegateExecution execution) {
    if (execution.getBpmnModelElementInstance() instanceof ExclusiveGateway gateway) {
      Set<String> words =
          gateway.getOutgoing().stream()
              .map(SequenceFlow::getConditionExpression)
              .flatMap(condition -> Optional.ofNullable(condition).stream())
              .flatMap(condition -> NO_NAME.splitAsStream(condition.getTextContent()))
              .collect(Collectors.toSet());
      seals.check(execution.getProcessInstanceId(), words, execution::getVariable);
    }
  }
}
