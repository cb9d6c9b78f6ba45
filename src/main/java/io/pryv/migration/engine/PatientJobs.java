package io.pryv.migration.engine;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.camunda.bpm.engine.OptimisticLockingException;
import org.camunda.bpm.engine.impl.ProcessEngineImpl;
import org.camunda.bpm.engine.impl.cfg.AbstractProcessEnginePlugin;
import org.camunda.bpm.engine.impl.cfg.ProcessEngineConfigurationImpl;
import org.camunda.bpm.engine.impl.cmd.DefaultJobRetryCmd;
import org.camunda.bpm.engine.impl.interceptor.CommandContext;
import org.camunda.bpm.engine.impl.interceptor.CommandExecutor;
import org.camunda.bpm.engine.impl.jobexecutor.ExecuteJobsRunnable;
import org.camunda.bpm.engine.impl.jobexecutor.JobExecutor;
import org.camunda.bpm.engine.impl.jobexecutor.JobFailureCollector;
import org.camunda.bpm.engine.impl.jobexecutor.NotifyAcquisitionRejectedJobsHandler;
import org.camunda.bpm.engine.impl.persistence.entity.JobEntity;
import org.camunda.bpm.engine.impl.util.ClockUtil;
import org.camunda.bpm.engine.spring.components.jobexecutor.SpringJobExecutor;
import org.camunda.bpm.spring.boot.starter.property.CamundaBpmProperties;
import org.camunda.bpm.spring.boot.starter.property.JobExecutionProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.task.TaskExecutor;

/**
 * Jobs outlast a database that goes away. The engine takes that for a failure of the step: without
 * a database it can not note it, and the job stays locked for five minutes; with one that came back
 * in the same moment it does, and the step is an incident that somebody must retry. Here such a job
 * keeps its retry, and is let go as soon as the database answers again.
 */
@Configuration(proxyBeanMethods = false)
class PatientJobs {

  private static final Logger LOG = LoggerFactory.getLogger(PatientJobs.class);
  private static final long ASK_AGAIN_MS = 200;

  /** The starter's own executor, with the same settings. */
  @Bean
  static JobExecutor jobExecutor(
      @Qualifier("camundaTaskExecutor") TaskExecutor threads,
      CamundaBpmProperties properties,
      JobLocks locks,
      Incarnation incarnation) {
    JobExecutionProperty settings = properties.getJobExecution();
    PatientJobExecutor jobs = new PatientJobExecutor(locks, incarnation);
    jobs.setTaskExecutor(threads);
    jobs.setRejectedJobsHandler(new NotifyAcquisitionRejectedJobsHandler());
    Optional.ofNullable(settings.getLockTimeInMillis()).ifPresent(jobs::setLockTimeInMillis);
    jobs.setMaxJobsPerAcquisition(settings.getMaxJobsPerAcquisition());
    jobs.setWaitTimeInMillis(settings.getWaitTimeInMillis());
    jobs.setMaxWait(settings.getMaxWait());
    jobs.setBackoffTimeInMillis(settings.getBackoffTimeInMillis());
    jobs.setMaxBackoff(settings.getMaxBackoff());
    return jobs;
  }

  /**
   * A job that the database failed costs no retry, as one that lost a race does not; one that lacks
   * a decision has none.
   */
  @Bean
  static AbstractProcessEnginePlugin noRetryLostToTheDatabase() {
    return new AbstractProcessEnginePlugin() {
      @Override
      public void preInit(ProcessEngineConfigurationImpl engine) {
        engine.setFailedJobCommandFactory(
            (job, failure) ->
                failure instanceof NeverTriedAgain
                    ? new LastTry(job, failure)
                    : new DefaultJobRetryCmd(
                        job,
                        DatabaseGone.in(failure)
                            ? new OptimisticLockingException("the database was gone", failure)
                            : failure));
      }
    };
  }

  /** An incident at once, however often the diagram would try. */
  private static final class LastTry extends DefaultJobRetryCmd {

    LastTry(String job, Throwable failure) {
      super(job, failure);
    }

    @Override
    public Object execute(CommandContext context) {
      JobEntity failed = getJob();
      if (failed != null) {
        failed.setRetries(1);
        executeStandardStrategy(context);
      }
      return null;
    }
  }

  private static final class PatientJobExecutor extends SpringJobExecutor {

    private final JobLocks locks;
    private final Incarnation incarnation;

    PatientJobExecutor(JobLocks locks, Incarnation incarnation) {
      this.locks = locks;
      this.incarnation = incarnation;
    }

    @Override
    public Runnable getExecuteJobsRunnable(List<String> jobs, ProcessEngineImpl engine) {
      Runnable worker =
          new ExecuteJobsRunnable(jobs, engine) {
            @Override
            public void run() {
              locks.begun(jobs, this);
              try {
                super.run();
              } finally {
                locks.done(jobs, this);
              }
            }

            /** One of them, or one that they have made and that goes on in this thread. */
            @Override
            protected void executeJob(
                String job, CommandExecutor commands, JobFailureCollector failures) {
              locks.begun(List.of(job), this);
              // Acquired before now: a lock that lasts longer is another run's.
              Instant ourLockEnds =
                  ClockUtil.getCurrentTime().toInstant().plusMillis(getLockTimeInMillis());
              try {
                if (incarnation.newest()) {
                  super.executeJob(job, commands, failures);
                } else {
                  letGo(job, commands, ourLockEnds);
                  // The newer program's, all of them.
                  shutdown();
                }
              } catch (RuntimeException e) {
                if (DatabaseGone.in(e)) {
                  LOG.warn("the database is gone: job {} waits until it is back", job);
                  letGo(job, commands, ourLockEnds);
                }
                throw e;
              } finally {
                locks.done(List.of(job), this);
              }
            }
          };
      locks.queued(jobs, worker);
      return worker;
    }

    /** Waits for the database, then takes this run's lock from the job, if it is still there. */
    private void letGo(String job, CommandExecutor commands, Instant ourLockEnds) {
      while (isActive()) {
        try {
          commands.execute(
              context -> {
                JobEntity left = context.getJobManager().findJobById(job);
                if (left != null
                    && getLockOwner().equals(left.getLockOwner())
                    && !left.getLockExpirationTime().toInstant().isAfter(ourLockEnds)) {
                  left.unlock();
                }
                return null;
              });
          LOG.info("job {} is let go", job);
          return;
        } catch (RuntimeException stillGone) {
          LOG.debug("job {} could not be let go", job, stillGone);
        }
        try {
          TimeUnit.MILLISECONDS.sleep(ASK_AGAIN_MS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }
  }
}
