package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyCounts;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SourceStopTest {

  private static final KeyCounts HELD = new KeyCounts(2, 2, 2, 0, 1, 0);

  private final PracticePlatform lab = new PracticePlatform();

  @BeforeEach
  void redisGoesWithItsContainer() {
    lab.sourceRedis.configure("save", "900 1 300 10");
  }

  @AfterEach
  void remove() {
    lab.close();
  }

  @Test
  void writesAreRefusedBeforeKeysAreCountedAndServicesStopped() {
    SourceStop.Stopped stopped = stop().stop();
    assertThat(stopped).isEqualTo(new SourceStop.Stopped(false, HELD, List.of()));
    assertThat(lab.sourceRedis.fenced()).isTrue();
    assertThat(lab.containers(lab.source).look())
        .allSatisfy(c -> assertThat(c.up()).isFalse())
        .allSatisfy(c -> assertThat(c.restartPolicy()).isEqualTo("no"));
    assertThat(lab.source.docker().calls()).contains("docker ps -a -q");
  }

  @Test
  void aSecondRunKeepsTheCountOfTheFirst() {
    stop().stop();
    lab.sourceRedis.down(true);
    SourceStop.Stopped again = stop().stop();
    assertThat(again.already()).isTrue();
    assertThat(again.keys()).isEqualTo(HELD);
  }

  @Test
  void redisEndsFastSinceItsAofHoldsEverything() {
    stop().stop();
    assertThat(lab.sourceRedis.setting("save")).isEmpty();
    assertThat(AtStop.read(lab.shell(lab.source), SandboxRegister.MIGRATION))
        .contains(new AtStop(HELD, "900 1 300 10"));
  }

  @Test
  void withoutAnAofTheRdbIsSavedAsAlways() {
    lab.sourceRedis.says("aof_enabled", "0");
    stop().stop();
    assertThat(lab.sourceRedis.setting("save")).isEqualTo("900 1 300 10");
  }

  @Test
  void aRedisThatHadToBeKilledProvesNothing() {
    lab.source.container("redis").exitCode(137);
    assertThatThrownBy(() -> stop().stop())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("it was killed (exit code 137)");
  }

  @Test
  void anAofThatCouldNotBeWrittenStopsItBeforeTheStop() {
    lab.sourceRedis.says("aof_last_write_status", "err");
    assertThatThrownBy(() -> stop().stop()).hasMessageContaining("aof_last_write_status:err");
    assertThat(lab.source.container("redis").running()).isTrue();
  }

  @Test
  void aSourceThatSomebodyElseStoppedIsNotTakenForOurs() {
    lab.source.shell().run(Command.change("x", "docker stop $(docker ps -q)"));
    assertThatThrownBy(() -> stop().stop())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("stopped by somebody else");
  }

  @Test
  void containersOfOthersOnTheHostGoOn() {
    lab.source.docker().container("grafana");
    assertThat(stop().stop().strangers()).containsExactly("grafana");
    assertThat(lab.source.docker().container("grafana").running()).isTrue();
    assertThat(lab.source.container("redis").running()).isFalse();
  }

  @Test
  void aStopWhoseEndNobodySawIsFoundDone() {
    lab.source.shell().loseConnectionAfter(command -> command.purpose().startsWith("hold"));
    assertThatThrownBy(() -> stop().stop()).isInstanceOf(ConnectionLost.class);
    lab.source.shell().loseConnectionAfter(command -> false);
    lab.sourceRedis.down(true);

    assertThat(stop().stop()).isEqualTo(new SourceStop.Stopped(true, HELD, List.of()));
    assertThat(lab.containers(lab.source).look())
        .allSatisfy(c -> assertThat(c.up()).isFalse())
        .allSatisfy(c -> assertThat(c.restartPolicy()).isEqualTo("no"));
  }

  @Test
  void aStopThatWasCutOffBeforeItBeganForgetsNoSetting() {
    lab.source.shell().loseConnectionBefore(command -> command.purpose().startsWith("hold"));
    assertThatThrownBy(() -> stop().stop()).isInstanceOf(ConnectionLost.class);
    lab.source.shell().loseConnectionBefore(command -> false);
    stop().stop();

    assertThat(AtStop.read(lab.shell(lab.source), SandboxRegister.MIGRATION))
        .contains(new AtStop(HELD, "900 1 300 10"));
  }

  @Test
  void whatIsKeptOfTheStopSurvivesBeingWrittenDown() {
    AtStop atStop = new AtStop(new KeyCounts(1_000_002, 3, 4, 5, 6, 7), "900 1 300 10 60 10000");
    assertThat(AtStop.ofLine(atStop.line())).isEqualTo(atStop);
    AtStop unsaved = new AtStop(HELD, "");
    assertThat(AtStop.ofLine(unsaved.line() + "\n")).isEqualTo(unsaved);
  }

  private SourceStop stop() {
    return new SourceStop(
        lab.source.register(),
        lab.shell(lab.source),
        lab.containers(lab.source),
        lab.door,
        SandboxRegister.MIGRATION);
  }
}
