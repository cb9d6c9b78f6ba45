package io.pryv.migration.engine;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.util.UUID;
import org.springframework.dao.EmptyResultDataAccessException;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Which start of a program on its database this is. The newest start alone works: it takes over
 * from whichever program was started before, be it dead or only believed to be.
 */
@Component
public final class Incarnation {

  private static final long NOT_YET = 0;
  private static final int TRIES = 6;

  private final JdbcTemplate database;
  private final TransactionTemplate atOnce;
  private final String program = describe();
  private final boolean shared;
  private volatile long number = NOT_YET;
  private volatile String application;

  Incarnation(JdbcTemplate database, PlatformTransactionManager transactions) {
    this.database = database;
    atOnce = new TransactionTemplate(transactions);
    atOnce.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
    // The embedded database lets in one program only: there is nobody to lock out.
    shared =
        "PostgreSQL".equals(database.execute((ConnectionCallback<String>) Incarnation::product));
  }

  private static String product(Connection connection) throws java.sql.SQLException {
    return connection.getMetaData().getDatabaseProductName();
  }

  /**
   * From here on no other program works on this database. Whatever another one is about to commit
   * for a step of its own is waited for, but not for ever: its host may be gone with the lock.
   *
   * @param also what is taken with it, or not at all
   * @throws PessimisticLockingFailureException when the lock could not be had in all tries; nothing
   *     was taken over
   */
  void takeOver(Runnable also) {
    for (int tries = 1; ; tries++) {
      try {
        number = atOnce.execute(status -> taken(also));
        break;
      } catch (PessimisticLockingFailureException heldByAnother) {
        // It has to be given up, or two have waited for each other.
        if (tries == TRIES) {
          throw heldByAnother;
        }
      }
    }
    application = database.queryForObject("select ID from MIGRATION_APPLICATION", String.class);
  }

  private long taken(Runnable also) {
    if (shared) {
      database.execute("set local lock_timeout = '10s'");
    }
    if (database.update(
            "update MIGRATION_APPLICATION set INCARNATION = INCARNATION + 1, PROGRAM = ?", program)
        == 0) {
      database.update(
          "insert into MIGRATION_APPLICATION (ID, INCARNATION, PROGRAM) values (?, 1, ?)",
          UUID.randomUUID().toString(),
          program);
    }
    also.run();
    return current("");
  }

  /** What this database is called on the machines: the same after each start. */
  public String application() {
    return application;
  }

  /**
   * The how manieth start this is.
   *
   * @throws IllegalStateException before it has taken over
   */
  public long number() {
    if (number == NOT_YET) {
      throw new IllegalStateException("this program is still starting: ask again in some seconds");
    }
    return number;
  }

  /** Where this program runs, for people. */
  public String program() {
    return program;
  }

  /** Whether this program has taken over, and no other one since. */
  public boolean newest() {
    return number != NOT_YET && number == current("");
  }

  /** Whether another program has been started since this one took over. */
  public boolean takenOver() {
    return number != NOT_YET && number != current("");
  }

  /**
   * Whether this program is the newest, and it stays so until the end of the transaction that this
   * thread is in.
   */
  public boolean newestUntilCommit() {
    return number != NOT_YET && number == current(shared ? " for share" : "");
  }

  /** Where the program runs that was started last. */
  public String newestProgram() {
    return database.queryForObject("select PROGRAM from MIGRATION_APPLICATION", String.class);
  }

  private long current(String lock) {
    try {
      return database.queryForObject(
          "select INCARNATION from MIGRATION_APPLICATION" + lock, Long.class);
    } catch (EmptyResultDataAccessException noneWasStarted) {
      return NOT_YET;
    }
  }

  private static String describe() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "unknown host";
    }
    return host + " pid " + ProcessHandle.current().pid();
  }
}
