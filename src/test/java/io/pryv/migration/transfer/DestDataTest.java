package io.pryv.migration.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CutDisk;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.FakeRedis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DestDataTest {

  private static final Map<String, String> OWN =
      Map.of("appendonly.aof", "dest's own fixture", "stale.rdb", "old");
  private static final Map<String, String> BROUGHT =
      Map.of("appendonly.aof", "set alice", "appendonlydir/base.rdb", "alice");

  private final TransferPlatform lab = new TransferPlatform();
  private final FakeRedis redis = new FakeRedis("dest").says("rdb_bgsave_in_progress", "0");

  @BeforeEach
  void broughtAndProven() throws Exception {
    for (Map.Entry<String, String> file : OWN.entrySet()) {
      lab.dest.dataFile(file.getKey(), file.getValue());
    }
    redis.fence();
    lab.destData().keep(FakeRedis.door(redis));
    for (Map.Entry<String, String> file : BROUGHT.entrySet()) {
      Path path = lab.incoming().resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    lab.destData().proven().note();
    lab.destData().proven().require();
    lab.destData().proven().use();
  }

  @AfterEach
  void remove() {
    lab.close();
  }

  /** Its own is deleted next: nothing but what was kept has it then. */
  @Test
  void whatIsKeptOutlastsAPowerCut() {
    lab.destData().forget();
    lab.dest.dataFile("appendonly.aof", "dest's own");
    try (CutDisk disk = CutDisk.at(lab.dest.shell().home())) {
      lab.destData().keep(FakeRedis.door(redis));
      disk.cut();
      lab.dest.dataFile("appendonly.aof", "source's by now");
      lab.containers(lab.dest).holdDownAndStop();
      assertThat(lab.destData().restore()).isTrue();
      assertThat(files(lab.dest.data())).containsEntry("appendonly.aof", "dest's own");
    }
  }

  @Test
  void whatAFencedDestHoldsIsKeptOnceBeforeSourcesDataReplacesIt() {
    assertThat(lab.destData().forget()).isTrue();
    assertThat(lab.destData().kept()).isFalse();
    redis.liftFence();
    assertThatThrownBy(() -> lab.destData().keep(FakeRedis.door(redis)))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("fenced: no");
    redis.fence();
    assertThat(lab.destData().keep(FakeRedis.door(redis))).isTrue();
    lab.dest.dataFile("appendonly.aof", "source's by now");
    assertThat(lab.destData().keep(FakeRedis.door(redis))).as("not a second time").isFalse();
    lab.containers(lab.dest).holdDownAndStop();
    assertThat(lab.destData().restore()).isTrue();
    assertThat(files(lab.dest.data())).isEqualTo(OWN);
    assertThat(lab.destData().restore()).isFalse();
  }

  @Test
  void whatWasBroughtTakesThePlaceOfDestsOwnAndGivesItBack() {
    assertThat(lab.destData().tookOver()).isFalse();
    takeOver();
    assertThat(files(lab.dest.data())).isEqualTo(BROUGHT);
    assertThat(lab.destData().tookOver()).isTrue();
    takeOver();
    assertThat(files(lab.dest.data())).as("done twice").isEqualTo(BROUGHT);

    lab.containers(lab.dest).killRedis();
    lab.destData().giveBack();
    assertThatAllIsAsBeforeTheWindow();
    lab.destData().giveBack();
    assertThatAllIsAsBeforeTheWindow();
  }

  @Test
  void whatWasNotKeptIsNotReplaced() {
    assertThat(lab.destData().forget()).isTrue();
    assertThatThrownBy(this::takeOver)
        .hasMessageContaining("what dest held by itself was not kept");
    assertThat(files(lab.dest.data())).isEqualTo(OWN);
    assertThat(lab.dest.container("redis").signals()).as("it goes on").isEmpty();
  }

  @Test
  void nothingIsGivenBackBesideARunningRedis() {
    assertThatThrownBy(() -> lab.destData().giveBack()).hasMessageContaining("dest's Redis runs");
    assertThat(lab.destData().proven().used()).isTrue();
  }

  @Test
  void whatARedisMadeThatCameBackMeanwhileGivesWay() throws Exception {
    dyingAt(2, this::takeOver);
    lab.dest.dataFile("appendonlydir/manifest", "of a Redis that found no files");
    lab.dest.dataFile("appendonly.aof", "of a Redis that found no files");
    takeOver();
    assertThat(files(lab.dest.data())).isEqualTo(BROUGHT);
  }

  @Test
  void itGivesWayAlsoWhereTheWindowIsGivenUp() {
    dyingAt(3, this::takeOver);
    assertThat(lab.dest.data().resolve(".register-migration-moving")).exists();
    lab.dest.dataFile("appendonlydir/manifest", "of a Redis that found no files");
    lab.destData().giveBack();
    assertThatAllIsAsBeforeTheWindow();
  }

  /** At the n-th program that would change a file the machine dies. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void cutOffAtAnyMomentItIsFinishedOrUndone(int at) {
    dyingAt(at, this::takeOver);
    takeOver();
    assertThat(files(lab.dest.data())).isEqualTo(BROUGHT);
    assertThat(lab.destData().tookOver()).isTrue();
    lab.containers(lab.dest).killRedis();

    dyingAt(at, () -> lab.destData().giveBack());
    lab.destData().giveBack();
    assertThatAllIsAsBeforeTheWindow();

    lab.destData().proven().note();
    lab.destData().proven().use();
    lab.containers(lab.dest).startAgain();
    dyingAt(at, this::takeOver);
    assertThat(lab.dest.container("redis").running()).isFalse();
    lab.destData().giveBack();
    assertThatAllIsAsBeforeTheWindow();
  }

  private void takeOver() {
    lab.destData().takeOver(lab.containers(lab.dest));
  }

  private void dyingAt(int at, Runnable work) {
    for (String program : new String[] {"rm", "mv", "mkdir", "chown", "rmdir", "rsync"}) {
      lab.dest
          .shell()
          .stub(
              program,
              """
              echo x >>"$SANDBOX/programs"
              if [ "$(wc -l <"$SANDBOX/programs")" -eq %d ]; then kill -9 0; fi
              PATH=/usr/bin:/bin exec %s "$@"
              """
                  .formatted(at, program));
    }
    try {
      work.run();
    } catch (StepFailure died) {
      assertThat(died).hasMessageContaining("retry");
    } finally {
      lab.dest
          .shell()
          .run(
              Command.look(
                  "the machine is up again",
                  "cd \"$SANDBOX\" && PATH=/usr/bin:/bin && rm -f programs bin/rm bin/mv bin/mkdir"
                      + " bin/chown bin/rmdir bin/rsync"));
    }
  }

  private void assertThatAllIsAsBeforeTheWindow() {
    Map<String, String> all = new TreeMap<>(OWN);
    BROUGHT.forEach((path, text) -> all.put(lab.incoming().getFileName() + "/" + path, text));
    assertThat(files(lab.dest.data())).isEqualTo(all);
    assertThat(lab.destData().proven().used()).isFalse();
    assertThatThrownBy(() -> lab.destData().proven().require())
        .hasMessageContaining("that proof was never made");
  }

  private static Map<String, String> files(Path directory) {
    Map<String, String> found = new TreeMap<>();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        found.put(directory.relativize(file).toString(), Files.readString(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }
}
