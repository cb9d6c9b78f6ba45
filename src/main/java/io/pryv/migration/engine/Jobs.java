package io.pryv.migration.engine;

import org.camunda.bpm.engine.impl.jobexecutor.JobExecutor;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** The engine's steps and timers, run by this program. */
@Component
public final class Jobs {

  private final JobExecutor executor;
  private final Incarnation incarnation;
  private final JdbcTemplate database;

  Jobs(JobExecutor executor, Incarnation incarnation, JdbcTemplate database) {
    this.executor = executor;
    this.incarnation = incarnation;
    this.database = database;
  }

  /**
   * Takes them from whichever program has run them so far. One that was killed holds its locks for
   * as long as a step may take; what one that still runs comes to does not count any more.
   */
  public void takeOver() {
    incarnation.takeOver(
        () -> database.update("update ACT_RU_JOB set LOCK_OWNER_ = null, LOCK_EXP_TIME_ = null"));
    executor.setLockOwner("register-migration " + incarnation.number());
  }

  /** Runs them from here on. */
  public void start() {
    executor.start();
  }

  /** Begins none any more; those at work end by themselves. */
  public void stop() {
    executor.shutdown();
  }
}
