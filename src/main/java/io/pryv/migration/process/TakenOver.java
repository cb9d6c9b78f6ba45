package io.pryv.migration.process;

import io.pryv.migration.engine.Incarnation;
import io.pryv.migration.engine.Rounds;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Ends this program once another one has been started on its database. That one goes on with every
 * migration from the moment at which it took over; nothing that this one still does counts.
 */
@Component
class TakenOver implements SmartLifecycle {

  private static final Logger LOG = LoggerFactory.getLogger(TakenOver.class);

  private final Incarnation incarnation;
  private final RecordedSteps steps;
  private final ConfigurableApplicationContext program;
  private final Rounds rounds = new Rounds("taken-over", Duration.ofSeconds(1), this::look);
  private boolean ends;

  TakenOver(Incarnation incarnation, RecordedSteps steps, ConfigurableApplicationContext program) {
    this.incarnation = incarnation;
    this.steps = steps;
    this.program = program;
  }

  private void look() {
    try {
      if (ends || !incarnation.takenOver()) {
        return;
      }
      LOG.error(
          "another program ({}) has been started on this database and goes on with every migration:"
              + " this one ({}) ends",
          incarnation.newestProgram(),
          incarnation.program());
    } catch (RuntimeException gone) {
      LOG.debug("the newest program could not be asked for", gone);
      return;
    }
    ends = true;
    steps.stopping();
    // Not in this thread, which is among what is closed.
    new Thread(program::close, "end-of-program").start();
  }

  @Override
  public void start() {
    rounds.start();
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
