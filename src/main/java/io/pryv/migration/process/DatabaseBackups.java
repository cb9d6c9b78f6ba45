package io.pryv.migration.process;

import io.pryv.migration.engine.Rounds;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Copies of the embedded database, before each gate and every day, below {@code data/backups}. A
 * PostgreSQL is backed up by whoever runs it.
 */
@Component
class DatabaseBackups implements SmartLifecycle {

  private static final Logger LOG = LoggerFactory.getLogger(DatabaseBackups.class);
  private static final Duration AGE = Duration.ofDays(1);
  private static final int KEPT = 14;
  private static final long RESERVE = 256L << 20;
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HHmmss.SSS'Z.zip'").withZone(ZoneOffset.UTC);

  private final JdbcTemplate database;
  private final Path directory;
  private final Clock clock;
  private final boolean embedded;
  private final Rounds rounds = new Rounds("backups", Duration.ofMinutes(10), this::round);

  DatabaseBackups(JdbcTemplate database, @Value("${migration.data}") Path data, Clock clock) {
    this.database = database;
    this.directory = data.resolve("backups");
    this.clock = clock;
    this.embedded =
        "H2".equals(database.execute((ConnectionCallback<String>) DatabaseBackups::product));
  }

  private static String product(Connection connection) throws SQLException {
    return connection.getMetaData().getDatabaseProductName();
  }

  /**
   * Makes one now, while all goes on.
   *
   * @return where it is; empty when the database is not the embedded one
   * @throws StepFailure when it can not be written
   */
  synchronized Optional<Path> make() {
    if (!embedded) {
      return Optional.empty();
    }
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      for (Path old : all().stream().skip(KEPT - 1).toList()) {
        Files.delete(old);
      }
      requireRoom();
      Path backup = directory.resolve(NAME.format(clock.instant()));
      Path unfinished = directory.resolve("unfinished.zip");
      copyTo(unfinished);
      Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rw-------"));
      sync(unfinished);
      Files.move(unfinished, backup, StandardCopyOption.ATOMIC_MOVE);
      sync(directory);
      return Optional.of(backup);
    } catch (IOException e) {
      throw new StepFailure(
          "this program",
          directory.toString(),
          "a backup of its database",
          String.valueOf(e.getMessage()),
          "see that there is room and that the directory can be written, then retry",
          e);
    }
  }

  /** The database needs room itself: it would rather go without a backup than stop. */
  private void requireRoom() throws IOException {
    long needed = RESERVE;
    try (Stream<Path> files = Files.list(directory.toAbsolutePath().getParent())) {
      for (Path file : files.filter(one -> one.toString().endsWith(".mv.db")).toList()) {
        needed += Files.size(file);
      }
    }
    long room = Files.getFileStore(directory).getUsableSpace();
    if (room < needed) {
      throw new IOException("%,d bytes of room, %,d are needed".formatted(room, needed));
    }
  }

  private static void sync(Path path) throws IOException {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      file.force(true);
    }
  }

  /** By a connection of its own: a backup ends the transaction that it is in. */
  private void copyTo(Path file) throws IOException {
    try (Connection connection = database.getDataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("BACKUP TO '" + file.toString().replace("'", "''") + "'");
    } catch (SQLException e) {
      // The room that is missing is needed by the database itself.
      Files.deleteIfExists(file);
      throw new IOException(e);
    }
  }

  /** The newest first. */
  private List<Path> all() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith("Z.zip"))
          .sorted((one, other) -> other.compareTo(one))
          .toList();
    }
  }

  /** Makes the day's, if there is none yet. */
  void round() {
    try {
      if (embedded && olderThanADay()) {
        make();
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("the daily backup of the database failed: {}", e.getMessage());
    }
  }

  private boolean olderThanADay() throws IOException {
    if (!Files.exists(directory)) {
      return true;
    }
    Optional<Path> newest = all().stream().findFirst();
    return newest.isEmpty()
        || Instant.from(NAME.parse(newest.get().getFileName().toString()))
            .isBefore(clock.instant().minus(AGE));
  }

  @Override
  public void start() {
    rounds.start();
  }

  @Override
  public void stop() {
    rounds.stop();
  }

  @Override
  public boolean isRunning() {
    return rounds.running();
  }
}
