package io.pryv.migration.engine;

import org.camunda.bpm.engine.impl.history.event.HistoryEvent;
import org.camunda.bpm.engine.impl.history.event.UserOperationLogEntryEventEntity;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/** Tells of what people do to the engine in Cockpit or over REST. */
@Component
class Deeds extends HearsHistory {

  private final ObjectProvider<DeedListener> listeners;

  Deeds(ObjectProvider<DeedListener> listeners) {
    this.listeners = listeners;
  }

  @Override
  void heard(HistoryEvent event) {
    if (event instanceof UserOperationLogEntryEventEntity entry) {
      DeedListener.Deed deed =
          new DeedListener.Deed(
              entry.getProcessDefinitionKey(),
              entry.getProcessInstanceId(),
              entry.getUserId(),
              entry.getEntityType(),
              entry.getOperationType(),
              entry.getProperty(),
              entry.getOrgValue(),
              entry.getNewValue());
      listeners.forEach(listener -> listener.did(deed));
    }
  }
}
