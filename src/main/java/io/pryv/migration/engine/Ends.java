package io.pryv.migration.engine;

import java.util.ArrayList;
import java.util.List;
import org.camunda.bpm.engine.impl.cfg.AbstractProcessEnginePlugin;
import org.camunda.bpm.engine.impl.cfg.ProcessEngineConfigurationImpl;
import org.camunda.bpm.engine.impl.history.event.HistoricProcessInstanceEventEntity;
import org.camunda.bpm.engine.impl.history.event.HistoryEvent;
import org.camunda.bpm.engine.impl.history.event.HistoryEventTypes;
import org.camunda.bpm.engine.impl.history.handler.HistoryEventHandler;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/** Tells of every process instance that ends, also of one that is deleted without its listeners. */
@Component
class Ends extends AbstractProcessEnginePlugin {

  private final ObjectProvider<EndListener> listeners;

  Ends(ObjectProvider<EndListener> listeners) {
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

    @Override
    public void handleEvents(List<HistoryEvent> events) {
      events.forEach(this::handleEvent);
    }
  }
}
