package io.pryv.migration.engine;

import java.util.ArrayList;
import java.util.List;
import org.camunda.bpm.engine.impl.cfg.AbstractProcessEnginePlugin;
import org.camunda.bpm.engine.impl.cfg.ProcessEngineConfigurationImpl;
import org.camunda.bpm.engine.impl.history.event.HistoryEvent;
import org.camunda.bpm.engine.impl.history.handler.HistoryEventHandler;

/** Hears of all that the engine puts into its history, within the transaction that puts it. */
abstract class HearsHistory extends AbstractProcessEnginePlugin {

  /** Something is put into the history. */
  abstract void heard(HistoryEvent event);

  @Override
  public void preInit(ProcessEngineConfigurationImpl engine) {
    List<HistoryEventHandler> all = new ArrayList<>(engine.getCustomHistoryEventHandlers());
    all.add(new Handler());
    engine.setCustomHistoryEventHandlers(all);
  }

  /** No bean: the starter would add it a second time. */
  private final class Handler implements HistoryEventHandler {

    @Override
    public void handleEvent(HistoryEvent event) {
      heard(event);
    }

    @Override
    public void handleEvents(List<HistoryEvent> events) {
      events.forEach(HearsHistory.this::heard);
    }
  }
}
