package io.pryv.migration.engine;

import org.camunda.bpm.engine.impl.history.event.HistoricProcessInstanceEventEntity;
import org.camunda.bpm.engine.impl.history.event.HistoryEvent;
import org.camunda.bpm.engine.impl.history.event.HistoryEventTypes;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/** Tells of every process instance that ends, also of one that is deleted without its listeners. */
@Component
class Ends extends HearsHistory {

  private final ObjectProvider<EndListener> listeners;

  Ends(ObjectProvider<EndListener> listeners) {
    this.listeners = listeners;
  }

  @Override
  void heard(HistoryEvent event) {
    if (event instanceof HistoricProcessInstanceEventEntity end
        && end.isEventOfType(HistoryEventTypes.PROCESS_INSTANCE_END)) {
      listeners.forEach(
          listener ->
              listener.ended(
                  end.getProcessDefinitionKey(),
                  end.getProcessInstanceId(),
                  end.getEndTime().toInstant()));
    }
  }
}
