package io.pryv.migration.engine;

import java.util.ArrayList;
import java.util.List;
import org.camunda.bpm.engine.impl.cfg.AbstractProcessEnginePlugin;
import org.camunda.bpm.engine.impl.cfg.ProcessEngineConfigurationImpl;
import org.camunda.bpm.engine.impl.history.event.HistoryEvent;
import org.camunda.bpm.engine.impl.history.event.UserOperationLogEntryEventEntity;
import org.camunda.bpm.engine.impl.history.handler.HistoryEventHandler;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/** Tells of what people do to the engine in Cockpit or over REST. */
@Component
class Deeds extends AbstractProcessEnginePlugin {

  private final ObjectProvider<DeedListener> listeners;

  Deeds(ObjectProvider<DeedListener> listeners) {
    this.listeners = listeners;
  }

  @Override
  public void preInit(ProcessEngineConfigurationImpl engine) {
    List<HistoryEventHandler> all = new ArrayList<>(engine.getCustomHistoryEventHandlers());
    all.add(new Hearing());
    engine.setCustomHistoryEventHandlers(all);
  }

  /** No bean: the starter would add it a second time. */
  private final class Hearing implements HistoryEventHandler {

    @Override
    public void handleEvent(HistoryEvent event) {
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

    @Override
    public void handleEvents(List<HistoryEvent> events) {
      events.forEach(this::handleEvent);
    }
  }
}
