package io.pryv.migration.process;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.sql.init.dependency.DatabaseInitializerDetector;
import org.springframework.core.Ordered;
import org.springframework.stereotype.Component;

/**
 * Programs that start on one PostgreSQL do so one after the other: tables, the process, the admin
 * and this program's name to the machines are looked for and then made, which two in the same
 * instant would do twice or fail at. The turn is an advisory lock of the session, so a program that
 * dies has none. The embedded database lets in one program only.
 */
@Component
class StartTurn implements InitializingBean, DisposableBean {

  private static final Logger LOG = LoggerFactory.getLogger(StartTurn.class);

  /** Any number will do that nobody else takes: the letters "pryvregm". */
  private static final long KEY = 0x707279767265676dL;

  private static final Duration LONGEST = Duration.ofMinutes(2);
  private static final long ASK_AGAIN_MS = 100;

  private final DataSource database;
  private Connection held;

  StartTurn(DataSource database) {
    this.database = database;
  }

  /** Waits for the turn; nothing in the database is looked at before. */
  @Override
  public void afterPropertiesSet() throws SQLException, InterruptedException {
    Connection connection = database.getConnection();
    if (!connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
      connection.close();
      return;
    }
    held = connection;
    long end = System.nanoTime() + LONGEST.toNanos();
    for (boolean told = false; !ask("select pg_try_advisory_lock(?)"); told = true) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "another program has been starting on this database for "
                + LONGEST.toMinutes()
                + " min: see what it waits for, end it, then start again");
      }
      if (!told) {
        LOG.info("another program starts on this database: waiting until it has started");
      }
      TimeUnit.MILLISECONDS.sleep(ASK_AGAIN_MS);
    }
  }

  /** This program has started, or has given up. */
  synchronized void release() {
    if (held == null) {
      return;
    }
    try {
      try {
        ask("select pg_advisory_unlock(?)");
      } finally {
        held.close();
      }
    } catch (SQLException e) {
      LOG.warn("the turn to start was lost with its connection: {}", e.getMessage());
    }
    held = null;
  }

  @Override
  public void destroy() {
    release();
  }

  private boolean ask(String question) throws SQLException {
    try (PreparedStatement statement = held.prepareStatement(question)) {
      statement.setLong(1, KEY);
      try (ResultSet answer = statement.executeQuery()) {
        return answer.next() && answer.getBoolean(1);
      }
    }
  }

  /** Puts the turn before Liquibase, which is the first to look. Named in spring.factories. */
  static final class First implements DatabaseInitializerDetector {

    @Override
    public Set<String> detect(ConfigurableListableBeanFactory beans) {
      return Set.of(beans.getBeanNamesForType(StartTurn.class, true, false));
    }

    @Override
    public int getOrder() {
      return Ordered.HIGHEST_PRECEDENCE;
    }
  }
}
