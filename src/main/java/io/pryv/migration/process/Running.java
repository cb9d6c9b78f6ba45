package io.pryv.migration.process;

import io.pryv.migration.engine.Jobs;
import io.pryv.migration.engine.ThisProgram;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import org.camunda.bpm.engine.RepositoryService;
import org.camunda.bpm.engine.repository.DeploymentBuilder;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.stereotype.Component;

/**
 * What happens at this program's start and end, in order. At the start: what runs must be known,
 * the operator's account, the process and its forms; only when all of these are there it takes the
 * steps over from whichever program ran before. At the end the steps stop first, before anything
 * that they use.
 */
@Component
class Running implements SmartLifecycle {

  private static final String DEPLOYMENT = "register-migration";

  private final AdminProperties admin;
  private final AdminAccount account;
  private final RepositoryService repository;
  private final Jobs jobs;
  private final Upgrade upgrade;
  private final RecordedSteps steps;
  private final StartTurn turn;
  private volatile boolean running;

  Running(
      AdminProperties admin,
      AdminAccount account,
      RepositoryService repository,
      Jobs jobs,
      Upgrade upgrade,
      RecordedSteps steps,
      StartTurn turn) {
    this.admin = admin;
    this.account = account;
    this.repository = repository;
    this.jobs = jobs;
    this.upgrade = upgrade;
    this.steps = steps;
    this.turn = turn;
  }

  @Override
  public void start() {
    upgrade.refuseWhatCanNotGoOn();
    account.ensure(admin);
    ThisProgram.deploys(this::deploy);
    jobs.takeOver();
    upgrade.leadOver();
    turn.release();
    jobs.start();
    running = true;
  }

  /**
   * Names must not depend on where the files lie (a jar, a directory), or each start would make a
   * new version of the process.
   */
  private void deploy() {
    DeploymentBuilder deployment =
        repository.createDeployment().name(DEPLOYMENT).enableDuplicateFiltering(false);
    try {
      PathMatchingResourcePatternResolver files = new PathMatchingResourcePatternResolver();
      for (String pattern : new String[] {"bpmn/*.bpmn", "bpmn/forms/*.form"}) {
        Resource[] found = files.getResources("classpath*:" + pattern);
        Arrays.sort(found, (a, b) -> a.getFilename().compareTo(b.getFilename()));
        for (Resource file : found) {
          try (InputStream content = file.getInputStream()) {
            deployment.addInputStream(file.getFilename(), content);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the process or its forms can't be read from the jar", e);
    }
    deployment.deploy();
  }

  @Override
  public void stop() {
    jobs.stop();
    steps.stopping();
    // A round takes 3 s at most; what takes longer is interrupted when the threads are ended.
    steps.awaitIdle(Duration.ofSeconds(4));
    running = false;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** Last to start, first to stop. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }
}
