package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.pryv.migration.machine.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The program itself, in a process of its own, is killed or told to end in the middle of a step,
 * and starts again on the same database, of each kind. The steps are the real ones, and so is what
 * they leave at work on the machines.
 */
@Tag("engine")
abstract class Crashes {

  static final String KEEP_DEST_DATA = "keep what dest's data directory holds";

  @TempDir static Path certificates;
  @TempDir Path data;

  SandboxPlatform lab;
  EdgeServer edges;
  RealProgram program;

  @BeforeAll
  static void certificate() throws Exception {
    SandboxPlatform.makeCertificate(certificates);
    RunningEngine.operatorsKey();
  }

  @BeforeEach
  void aPlatform() {
    lab = new SandboxPlatform(certificates);
    lab.live();
    lab.describeIn(RunningEngine.DIRECTORY, "pryv");
    lab.dest
        .shell()
        .stub(
            "rsync",
            """
            case " $* " in
              *' --archive '*)
                echo started >>"$SANDBOX/rsync-starts"
                while [ -e "$SANDBOX/rsync-is-held" ]; do sleep 0.05; done ;;
            esac
            exec /usr/bin/rsync "$@"
            """);
    edges = new EdgeServer(lab);
    program = new RealProgram(data, edges.url(), database());
  }

  @AfterEach
  void remove() {
    holdRsync(false);
    program.close();
    edges.close();
    lab.close();
  }

  /** What tells the program its database. */
  abstract List<String> database();

  @Test
  void afterAKillItGoesOnWithinFiveSecondsAndTheTransferThatWentOnIsTheSame() {
    holdRsync(true);
    program.begin().awaitReady();
    String migration = program.startMigration("pryv");
    eventually(() -> rsyncStarts() == 1 && roundsOf(migration, "bulkSync") > 1);
    String job = jobFile(migration, "bulk-sync-1/pid");

    program.kill();
    assertThat(ProcessHandle.of(Long.parseLong(job.split(" ", -1)[0])))
        .as("rsync, which nobody watches now")
        .isPresent();
    int before = edges.arrivals().size();
    Instant ready = program.begin().awaitReady();
    Instant goesOn =
        eventually(
            () ->
                edges.arrivals().stream()
                    .skip(before)
                    .filter(came -> isOf(came.command(), "rsync of Redis' data"))
                    .map(EdgeServer.Arrival::at)
                    .findFirst()
                    .orElse(null));
    assertThat(Duration.between(ready, goesOn)).isLessThan(Duration.ofSeconds(5));
    int rounds = roundsOf(migration, "bulkSync");
    eventually(() -> roundsOf(migration, "bulkSync") > rounds);
    assertThat(jobFile(migration, "bulk-sync-1/pid")).as("attached to").isEqualTo(job);

    holdRsync(false);
    eventually(() -> standsAt(migration, "gate"));
    assertThat(rsyncStarts()).isEqualTo(1);
    assertThat(incidents(migration)).isEmpty();
    assertThat(runsOf(migration, "launchDest")).hasSize(1);
  }

  /**
   * Waits for something that is neither null nor false; tells what the program said if it stays
   * away.
   */
  <T> T eventually(Callable<T> what) {
    try {
      return await()
          .atMost(Duration.ofSeconds(90))
          .pollInterval(Duration.ofMillis(50))
          .ignoreExceptions()
          .until(what, found -> found != null && !Boolean.FALSE.equals(found));
    } catch (ConditionTimeoutException late) {
      List<EdgeServer.Arrival> came = edges.arrivals();
      throw new AssertionError(
          "the last commands were "
              + came.subList(Math.max(0, came.size() - 3), came.size())
              + " and the program said\n"
              + program.said(),
          late);
    }
  }

  void holdRsync(boolean held) {
    Path mark = lab.dest.shell().root().resolve("rsync-is-held");
    try {
      if (held) {
        Files.writeString(mark, "");
      } else {
        Files.deleteIfExists(mark);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long rsyncStarts() {
    try (Stream<String> lines = Files.lines(lab.dest.shell().root().resolve("rsync-starts"))) {
      return lines.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String jobFile(String migration, String file) {
    try {
      return Files.readString(
          lab.dest.home().resolve(".register-migration/" + migration + "/" + file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Commands of that purpose. */
  static Predicate<Command> doing(String purpose) {
    return command -> isOf(command, purpose);
  }

  private static boolean isOf(Command command, String purpose) {
    return command.purpose().contains(purpose);
  }

  List<Command> commands(Predicate<Command> which) {
    return edges.arrivals().stream().map(EdgeServer.Arrival::command).filter(which).toList();
  }

  boolean standsAt(String migration, String task) {
    return program
            .get("/engine-rest/task?processInstanceId=" + migration + "&taskDefinitionKey=" + task)
            .size()
        == 1;
  }

  List<JsonNode> incidents(String migration) {
    return list(program.get("/engine-rest/incident?processInstanceId=" + migration));
  }

  List<JsonNode> runsOf(String migration, String step) {
    return list(program.get("/api/migrations/" + migration + "/report.json").get("steps")).stream()
        .filter(run -> run.get("id").asText().equals(step))
        .toList();
  }

  int roundsOf(String migration, String step) {
    return runsOf(migration, step).stream().mapToInt(run -> run.get("rounds").asInt()).sum();
  }

  List<JsonNode> journal(String migration, String purpose) {
    return list(program.get("/api/migrations/" + migration + "/journal")).stream()
        .filter(entry -> entry.get("purpose").asText().contains(purpose))
        .toList();
  }

  private static List<JsonNode> list(JsonNode array) {
    return Stream.iterate(0, i -> i < array.size(), i -> i + 1).map(array::get).toList();
  }
}
