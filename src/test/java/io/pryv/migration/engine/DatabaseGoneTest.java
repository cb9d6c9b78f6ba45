package io.pryv.migration.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DatabaseGoneTest {

  @ParameterizedTest
  @MethodSource
  void aDatabaseThatWentAwayIsKnownByItsWords(SQLException said) {
    assertThat(DatabaseGone.in(new IllegalStateException("could not commit", said))).isTrue();
  }

  static Stream<SQLException> aDatabaseThatWentAwayIsKnownByItsWords() {
    return Stream.of(
        new SQLTransientConnectionException("HikariPool-1 - Connection is not available"),
        new SQLException("Connection is closed"),
        new SQLException("An I/O error occurred while sending to the backend.", "08006"),
        new SQLException("terminating connection due to administrator command", "57P01"),
        new SQLException("the database system is starting up", "57P03"));
  }

  @ParameterizedTest
  @MethodSource
  void whatADatabaseRefusesIsNoReasonToTryAgain(Throwable said) {
    assertThat(DatabaseGone.in(said)).isFalse();
  }

  static Stream<Throwable> whatADatabaseRefusesIsNoReasonToTryAgain() {
    return Stream.of(
        new SQLException("duplicate key value violates unique constraint", "23505"),
        new SQLException("canceling statement due to statement timeout", "57014"),
        new SQLException("no state"),
        new IllegalStateException("no database in it"));
  }
}
