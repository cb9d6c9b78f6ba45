package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.pryv.migration.engine.JobLocks;
import io.pryv.migration.machine.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.camunda.bpm.engine.impl.util.ClockUtil;
import org.camunda.bpm.engine.runtime.Incident;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

/** A step takes longer than a lock of the engine's, and than a database bears a transaction. */
@ActiveProfiles("postgres")
@TestPropertySource(properties = "camunda.bpm.job-execution.max-wait=500")
@DirtiesContext
class LongStepsTest extends EngineTest {

  private static final Duration LONG = Duration.ofSeconds(12);
  private static Postgres server;

  @Autowired RecordedSteps recorded;
  @Autowired JobLocks locks;
  @Autowired JdbcTemplate database;
  @Autowired HikariDataSource pool;

  @DynamicPropertySource
  static void database(DynamicPropertyRegistry properties) {
    server = new Postgres();
    server.describeIn(properties);
  }

  /** Not from the beginning: making the tables keeps a transaction open for longer. */
  @BeforeEach
  void whatIsIdleInsideATransactionIsEnded() {
    database.execute("alter role postgres set idle_in_transaction_session_timeout = '5s'");
    pool.getHikariPoolMXBean().softEvictConnections();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @AfterEach
  void now() {
    ClockUtil.reset();
  }

  @Test
  void aStepThatTakesHoursIsRunOnce() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    steps.on(
        "fenceDest",
        (step, call) -> await(call == 1 ? release : new CountDownLatch(0), Duration.ofMinutes(1)));
    another("other", 2);
    another("third", 3);
    String migration = start();
    eventually(() -> steps.calls("fenceDest") == 1 ? true : null);
    ClockUtil.offset(Duration.ofHours(8).toMillis());
    // Whatever the engine takes for free, it has taken then.
    String other = start(Map.of("platformFile", "other"));
    taskAt(other, "gate");
    taskAt(start(Map.of("platformFile", "third")), "gate");
    assertThat(steps.calls("fenceDest")).as("of all three").isEqualTo(3);
    release.countDown();
    taskAt(migration, "gate");
    assertThat(steps.calls("fenceDest")).isEqualTo(3);
  }

  /** The engine's timer and our own look at the deadline go by one clock. */
  @Test
  void anHourInTheColdWindowLeadsBackAndTheRecordSaysSo() {
    steps.on(
        "lastSync",
        (step, call) -> {
          step.put("lastSyncDone", true);
          if (call == 1) {
            ClockUtil.offset(Duration.ofHours(1).toMillis());
          }
        });
    String migration = start();
    go(migration);
    eventually(() -> visited(migration).contains("putSourceBack") ? true : null);
    taskAt(migration, "gate");
    assertThat(String.valueOf(variable(migration, "windowFailure")))
        .contains("longest outage allowed");
    assertThat(steps.calls("proveCopy")).as("behind the deadline").isZero();
    Logbook.StepRun back =
        logbook.steps(migration).stream()
            .filter(run -> run.step().equals("putSourceBack"))
            .findFirst()
            .orElseThrow();
    assertThat(back.started()).isAfter(Instant.now().plus(Duration.ofMinutes(50)));
  }

  @Test
  void aLockThatNobodyStandsBehindIsLetGo() {
    steps.failing("fenceDest", 1, "no space left");
    String migration = start();
    Incident failed = incidentAt(migration, "fenceDest");
    database.update(
        "update ACT_RU_JOB set RETRIES_ = 1, LOCK_OWNER_ = ?, LOCK_EXP_TIME_ = ? where ID_ = ?",
        "another program",
        Timestamp.from(Instant.now().plus(Duration.ofDays(1))),
        failed.getConfiguration());
    locks.look();
    locks.look();
    taskAt(migration, "gate");
  }

  @Test
  void whatAStepHasDoneCountsHoweverLongItTook() {
    CountDownLatch never = new CountDownLatch(1);
    steps.on(
        "fenceDest",
        (step, call) -> {
          step.put("said", "before");
          step.hands()
              .on(step.platform().source())
              .run(Command.look("see whether it answers", "true"));
          await(never, LONG);
          step.put("said", "after");
        });
    String migration = start();
    taskAt(migration, "gate");
    assertThat(steps.calls("fenceDest")).isEqualTo(1);
    assertThat(variable(migration, "said")).isEqualTo("after");
    assertThat(
            engine
                .getHistoryService()
                .createHistoricIncidentQuery()
                .processInstanceId(migration)
                .list())
        .isEmpty();
    assertThat(
            engine
                .getHistoryService()
                .createHistoricJobLogQuery()
                .processInstanceId(migration)
                .failureLog()
                .list())
        .isEmpty();
  }

  @Test
  void aStepThatTakesLongerThanAnyShouldIsToldAndTheAlarmEndsWithIt() {
    CountDownLatch release = new CountDownLatch(1);
    steps.on("fenceDest", (step, call) -> await(release, Duration.ofMinutes(1)));
    String migration = start();
    Clock later = Clock.offset(Clock.systemUTC(), LongSteps.USUAL.plus(Duration.ofSeconds(1)));
    eventually(() -> steps.calls("fenceDest") == 1 ? true : null);
    LongSteps alarms = new LongSteps(engine.getRuntimeService(), recorded, later);
    alarms.look();
    Incident told = alarm(migration);
    assertThat(told.getIncidentMessage())
        .contains("has been at work since", "A rollback overtakes it");
    alarms.look();
    assertThat(alarm(migration).getId()).isEqualTo(told.getId());
    release.countDown();
    taskAt(migration, "gate");
    eventually(() -> alarm(migration) == null ? true : null);
  }

  /** A platform with machines of its own. */
  private static void another(String name, int number) throws Exception {
    platform(name, name + ".example", "198.51.100." + number, "");
    Path file = DIRECTORY.resolve(name + ".yaml");
    Files.writeString(file, Files.readString(file).replace("203.0.113.12", "203.0.113." + number));
  }

  private Incident alarm(String migration) {
    return engine
        .getRuntimeService()
        .createIncidentQuery()
        .processInstanceId(migration)
        .incidentType(LongSteps.INCIDENT)
        .singleResult();
  }

  /** That long, or until it is let go. */
  private static void await(CountDownLatch latch, Duration longest) {
    try {
      latch.await(longest.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
