package io.pryv.migration.process;

import io.pryv.migration.engine.Rounds;
import java.time.Duration;
import org.camunda.bpm.engine.HistoryService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Lets go of what has outlived its time: the engine's history by the engine's own clean-up, ours
 * after it. The engine cleans in its nightly window; a program that is up only by day would never
 * meet that, so that it cleans after each start, too.
 */
@Component
class CleanUp implements SmartLifecycle {

  private static final Logger LOG = LoggerFactory.getLogger(CleanUp.class);
  private static final Duration PAUSE = Duration.ofMinutes(30);

  private final HistoryService history;
  private final Archive archive;
  private final Rounds rounds = new Rounds("clean-up", PAUSE, this::round);

  CleanUp(HistoryService history, Archive archive) {
    this.history = history;
    this.archive = archive;
  }

  @Override
  public void start() {
    history.cleanUpHistoryAsync(true);
    rounds.start();
  }

  private void round() {
    try {
      archive.clean();
    } catch (RuntimeException e) {
      LOG.warn("what is over could not be cleaned: {}", e.getMessage());
    }
  }

  @Override
  public void stop() {
    rounds.stop();
  }

  @Override
  public boolean isRunning() {
    return rounds.running();
  }
}
