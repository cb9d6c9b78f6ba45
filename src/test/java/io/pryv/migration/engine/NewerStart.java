package io.pryv.migration.engine;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;

/** A program that has taken a database over, and has done nothing else so far. */
public final class NewerStart {

  private NewerStart() {}

  /** It takes over now. */
  public static void on(JdbcTemplate database, PlatformTransactionManager transactions) {
    new Incarnation(database, transactions).takeOver(() -> {});
  }
}
