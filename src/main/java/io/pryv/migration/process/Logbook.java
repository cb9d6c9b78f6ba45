package io.pryv.migration.process;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Journal;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.GeneratedKeyHolder;
import org.springframework.jdbc.support.KeyHolder;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What was done in each migration: steps, changes on machines, evidence, decisions. Whatever tells
 * of a machine is committed at once, in a transaction of its own, so that it outlives the step's.
 */
@Repository
public class Logbook {

  private final JdbcTemplate database;
  private final TransactionTemplate atOnce;
  private final Clock clock;

  Logbook(JdbcTemplate database, PlatformTransactionManager transactions, Clock clock) {
    this.database = database;
    this.clock = clock;
    this.atOnce = new TransactionTemplate(transactions);
    this.atOnce.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
  }

  /**
   * A step as it ran; the rounds of one loop are one run.
   *
   * @param step activity id
   * @param name as the diagram calls it
   * @param machine names of the machines it worked on, separated by commas; may be empty
   * @param outcome {@code running}, {@code done} or {@code failed}
   * @param said what it found or did, a line each; for a failed one what went wrong
   */
  public record StepRun(
      long id,
      String step,
      String name,
      String machine,
      Instant started,
      Duration duration,
      int rounds,
      String outcome,
      String said) {}

  /**
   * A change on a machine.
   *
   * @param kind {@code command} or {@code edit}
   * @param duration empty when its end was never seen
   */
  public record Change(
      long id,
      String step,
      String machine,
      String kind,
      String purpose,
      String script,
      String path,
      Instant started,
      Optional<Duration> duration,
      Optional<Integer> exitCode,
      String tail,
      Optional<byte[]> before,
      Optional<byte[]> after) {}

  /** Markdown that a step left to be read. */
  public record Evidence(String name, String step, Instant written, String markdown) {}

  /** What a person decided, and when. */
  public record Decision(String task, String who, Instant decided, String what) {}

  /** The runs of a migration's steps, oldest first. */
  public List<StepRun> steps(String migration) {
    return database.query(
        "select * from MIGRATION_STEP where MIGRATION = ? order by ID",
        (row, number) ->
            new StepRun(
                row.getLong("ID"),
                row.getString("STEP"),
                row.getString("NAME"),
                row.getString("MACHINE"),
                instant(row, "STARTED"),
                Duration.ofMillis(row.getLong("DURATION_MS")),
                row.getInt("ROUNDS"),
                row.getString("OUTCOME"),
                orEmpty(row.getString("SAID"))),
        migration);
  }

  /** Every change on a machine, oldest first. */
  public List<Change> changes(String migration) {
    return database.query(
        "select * from MIGRATION_JOURNAL where MIGRATION = ? order by ID",
        (row, number) ->
            new Change(
                row.getLong("ID"),
                row.getString("STEP"),
                row.getString("MACHINE"),
                row.getString("KIND"),
                orEmpty(row.getString("PURPOSE")),
                orEmpty(row.getString("SCRIPT")),
                orEmpty(row.getString("PATH")),
                instant(row, "STARTED"),
                Optional.ofNullable(row.getObject("DURATION_MS", Long.class))
                    .map(Duration::ofMillis),
                Optional.ofNullable(row.getObject("EXIT_CODE", Integer.class)),
                orEmpty(row.getString("TAIL")),
                Optional.ofNullable(row.getBytes("BYTES_BEFORE")),
                Optional.ofNullable(row.getBytes("BYTES_AFTER"))),
        migration);
  }

  /** Whether anything on a machine was changed, or may have been. */
  boolean changedAnything(String migration) {
    return database.queryForObject(
            "select count(*) from MIGRATION_JOURNAL where MIGRATION = ?", Long.class, migration)
        > 0;
  }

  /** All evidence of a migration, in the order it was first written. */
  public List<Evidence> evidence(String migration) {
    return database.query(
        "select * from MIGRATION_EVIDENCE where MIGRATION = ? order by WRITTEN",
        (row, number) ->
            new Evidence(
                row.getString("NAME"),
                row.getString("STEP"),
                instant(row, "WRITTEN"),
                row.getString("MARKDOWN")),
        migration);
  }

  /** What people decided, oldest first. */
  public List<Decision> decisions(String migration) {
    return database.query(
        "select * from MIGRATION_DECISION where MIGRATION = ? order by ID",
        (row, number) ->
            new Decision(
                row.getString("TASK"),
                row.getString("WHO"),
                instant(row, "DECIDED"),
                row.getString("WHAT")),
        migration);
  }

  /** The newest decision of that task, if there was one. */
  Optional<Decision> newestDecision(String migration, String task) {
    return decisions(migration).stream()
        .filter(decision -> decision.task().equals(task))
        .reduce((older, newer) -> newer);
  }

  /** The steps that began after the newest decision of that task, oldest first. */
  List<String> stepsSinceDecision(String migration, String task) {
    return database.queryForList(
        "select S.STEP from MIGRATION_STEP S, MIGRATION_DECISION D where D.ID = (select max(ID)"
            + " from MIGRATION_DECISION where MIGRATION = ? and TASK = ?) and S.MIGRATION ="
            + " D.MIGRATION and (S.ID > D.AFTER_STEP or (D.AFTER_STEP is null and S.STARTED >"
            + " D.DECIDED)) order by S.ID",
        String.class,
        migration,
        task);
  }

  /**
   * Notes a decision within the transaction that carries it out, and which step was the last before
   * it.
   */
  void decided(String migration, String task, String who, String what) {
    database.update(
        "insert into MIGRATION_DECISION (MIGRATION, TASK, WHO, DECIDED, WHAT, AFTER_STEP) values"
            + " (?, ?, ?, ?, ?, ?)",
        migration,
        task,
        who,
        at(clock.instant()),
        what,
        newestRun(migration));
  }

  /** Notes a step that touched no machine, within the transaction that it belongs to. */
  void passed(String migration, String step, String name, Duration duration, String said) {
    Instant ended = clock.instant();
    database.update(
        "insert into MIGRATION_STEP (MIGRATION, STEP, NAME, STARTED, ENDED, DURATION_MS, OUTCOME,"
            + " SAID) values (?, ?, ?, ?, ?, ?, 'done', ?)",
        migration,
        step,
        name,
        at(ended.minus(duration)),
        at(ended),
        duration.toMillis(),
        said);
  }

  /** The number of the run that began last in a migration; 0 before the first. */
  long newestRun(String migration) {
    return database.queryForObject(
        "select coalesce(max(ID), 0) from MIGRATION_STEP where MIGRATION = ?",
        Long.class,
        migration);
  }

  /** A step begins, or the next round of the one that ran last. */
  long begins(String migration, String step, String name) {
    return atOnce.execute(
        status -> {
          List<StepRun> last =
              database.query(
                  "select ID, STEP, OUTCOME from MIGRATION_STEP where ID ="
                      + " (select max(ID) from MIGRATION_STEP where MIGRATION = ?)",
                  (row, number) ->
                      new StepRun(
                          row.getLong("ID"),
                          row.getString("STEP"),
                          "",
                          "",
                          Instant.EPOCH,
                          Duration.ZERO,
                          0,
                          row.getString("OUTCOME"),
                          ""),
                  migration);
          if (!last.isEmpty()
              && last.get(0).step().equals(step)
              && last.get(0).outcome().equals("done")) {
            database.update(
                "update MIGRATION_STEP set ROUNDS = ROUNDS + 1, OUTCOME = 'running' where ID = ?",
                last.get(0).id());
            return last.get(0).id();
          }
          return insert(
              "insert into MIGRATION_STEP (MIGRATION, STEP, NAME, STARTED, OUTCOME) values (?, ?,"
                  + " ?, ?, 'running')",
              migration,
              step,
              name,
              at(clock.instant()));
        });
  }

  /** A round of a step ended; lines said by earlier rounds are replaced when this one said any. */
  void ended(long run, String outcome, Duration duration, String machines, String said) {
    atOnce.executeWithoutResult(
        status ->
            database.update(
                "update MIGRATION_STEP set OUTCOME = ?, DURATION_MS = DURATION_MS + ?, ENDED = ?,"
                    + " MACHINE = case when ? = '' then MACHINE else ? end,"
                    + " SAID = case when ? = '' then SAID else ? end where ID = ?",
                outcome,
                duration.toMillis(),
                at(clock.instant()),
                machines,
                machines,
                said,
                said,
                run));
  }

  /** Keeps evidence, replacing what had the same name. */
  void keep(String migration, String name, String step, String markdown) {
    atOnce.executeWithoutResult(
        status -> {
          database.update(
              "delete from MIGRATION_EVIDENCE where MIGRATION = ? and NAME = ?", migration, name);
          database.update(
              "insert into MIGRATION_EVIDENCE (MIGRATION, NAME, STEP, WRITTEN, MARKDOWN) values (?,"
                  + " ?, ?, ?, ?)",
              migration,
              name,
              step,
              at(clock.instant()),
              markdown);
        });
  }

  /** The journal of one step of one migration. */
  Journal journal(String migration, String step) {
    return new StepJournal(migration, step);
  }

  private long insert(String sql, Object... values) {
    KeyHolder key = new GeneratedKeyHolder();
    database.update(
        connection -> {
          PreparedStatement statement =
              connection.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS);
          for (int i = 0; i < values.length; i++) {
            if (values[i] instanceof byte[] bytes) {
              statement.setBytes(i + 1, bytes);
            } else if (values[i] == NO_BYTES) {
              statement.setNull(i + 1, Types.VARBINARY);
            } else {
              statement.setObject(i + 1, values[i]);
            }
          }
          return statement;
        },
        key);
    return ((Number) key.getKeys().get("ID")).longValue();
  }

  private static final Object NO_BYTES = new Object();

  private static OffsetDateTime at(Instant instant) {
    return instant.truncatedTo(ChronoUnit.MILLIS).atOffset(ZoneOffset.UTC);
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  private static String orEmpty(String text) {
    return text == null ? "" : text;
  }

  private final class StepJournal implements Journal {

    private final String migration;
    private final String step;

    StepJournal(String migration, String step) {
      this.migration = migration;
      this.step = step;
    }

    @Override
    public long willRun(String machine, Command command) {
      return atOnce.execute(
          status ->
              insert(
                  "insert into MIGRATION_JOURNAL (MIGRATION, STEP, MACHINE, KIND, PURPOSE, SCRIPT,"
                      + " STARTED) values (?, ?, ?, 'command', ?, ?, ?)",
                  migration,
                  step,
                  machine,
                  command.purpose(),
                  command.script(),
                  at(clock.instant())));
    }

    @Override
    public long willEdit(
        String machine, String path, String mode, Optional<byte[]> before, Optional<byte[]> after) {
      for (Optional<byte[]> bytes : List.of(before, after)) {
        refusePrivateKey(machine, path, bytes);
      }
      return atOnce.execute(
          status ->
              insert(
                  "insert into MIGRATION_JOURNAL (MIGRATION, STEP, MACHINE, KIND, PATH, FILE_MODE,"
                      + " BYTES_BEFORE, BYTES_AFTER, STARTED) values (?, ?, ?, 'edit', ?, ?, ?, ?,"
                      + " ?)",
                  migration,
                  step,
                  machine,
                  path,
                  mode,
                  before.map(Object.class::cast).orElse(NO_BYTES),
                  after.map(Object.class::cast).orElse(NO_BYTES),
                  at(clock.instant())));
    }

    /** A private key never enters the database: it is made on its machine and stays there. */
    private void refusePrivateKey(String machine, String path, Optional<byte[]> bytes) {
      if (bytes.isPresent()
          && new String(bytes.get(), StandardCharsets.ISO_8859_1).contains("PRIVATE KEY-----")) {
        throw new IllegalArgumentException(
            "%s: %s holds a private key, which the journal must not keep".formatted(machine, path));
      }
    }

    @Override
    public void done(long entry, int exitCode, Duration duration, String tail) {
      atOnce.executeWithoutResult(
          status ->
              database.update(
                  "update MIGRATION_JOURNAL set EXIT_CODE = ?, DURATION_MS = ?, TAIL = ? where ID ="
                      + " ?",
                  exitCode,
                  duration.toMillis(),
                  // PostgreSQL's text holds no NUL.
                  tail.replace("\0", ""),
                  entry));
    }

    @Override
    public List<FileEdit> edits(String machine) {
      return database.query(
          "select * from MIGRATION_JOURNAL where MIGRATION = ? and MACHINE = ? and KIND = 'edit'"
              + " order by ID desc",
          (row, number) ->
              new FileEdit(
                  row.getLong("ID"),
                  row.getString("MACHINE"),
                  row.getString("PATH"),
                  row.getString("FILE_MODE"),
                  Optional.ofNullable(row.getBytes("BYTES_BEFORE")),
                  Optional.ofNullable(row.getBytes("BYTES_AFTER"))),
          migration,
          machine);
    }
  }
}
