package io.pryv.migration.engine;

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.util.List;

/** Tells a database that went away from one that refused something. */
final class DatabaseGone {

  /**
   * SQLSTATE classes: 08 is a connection that failed or was lost, 57P a server that is being shut
   * down, was crashed, or is not ready yet, 25P03 and 25P04 a transaction that the server has ended
   * for its idleness or its length (PostgreSQL, appendix A).
   */
  private static final List<String> STATES = List.of("08", "57P", "25P03", "25P04");

  /** What a connection says after the pool has closed it, without a SQLSTATE. */
  private static final String CLOSED = "Connection is closed";

  private DatabaseGone() {}

  /** Whether a failure came from a database that could not be reached, or went away meanwhile. */
  static boolean in(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof SQLException refused && gone(refused)) {
        return true;
      }
    }
    return false;
  }

  private static boolean gone(SQLException refused) {
    if (refused instanceof SQLTransientConnectionException
        || refused instanceof SQLNonTransientConnectionException) {
      return true;
    }
    return refused.getSQLState() == null
        ? CLOSED.equals(refused.getMessage())
        : STATES.stream().anyMatch(refused.getSQLState()::startsWith);
  }
}
