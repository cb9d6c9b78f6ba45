package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.AtStop;
import io.pryv.migration.redis.RestingFiles;
import io.pryv.migration.redis.RoleFile;
import java.nio.file.Files;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WriteStopTest {

  private static final long HELD = 7;
  private static final String SAVE = "900 1 300 10";

  private final PracticePlatform lab = new PracticePlatform();

  @BeforeEach
  void settings() {
    lab.sourceRedis.configure("save", SAVE);
    lab.sourceRedis.configure("auto-aof-rewrite-percentage", "100");
  }

  @AfterEach
  void remove() {
    lab.close();
  }

  @Test
  void sourceRefusesWritesNowAndAfterARestartAndGoesOnAnswering() {
    assertThat(stop().stop()).isEqualTo(new WriteStop.Stopped(false, HELD));
    assertThat(lab.sourceRedis.fenced()).isTrue();
    assertThat(lab.source.redisConf()).content().contains("min-replicas-to-write 99");
    assertThat(lab.containers(lab.source).look()).allMatch(Container::running);
    assertThat(kept()).contains(new AtStop(HELD));
  }

  @Test
  void aSecondRunChangesNothing() {
    stop().stop();
    int changes = lab.changes();
    assertThat(stop().stop()).isEqualTo(new WriteStop.Stopped(true, HELD));
    assertThat(lab.changes()).isEqualTo(changes);
  }

  @Test
  void theFileIsFencedBeforeTheRunningRedis() {
    lab.source.shell().loseConnectionBefore(command -> command.purpose().contains("redis.conf"));
    assertThatThrownBy(() -> stop().stop()).isInstanceOf(ConnectionLost.class);
    assertThat(lab.sourceRedis.fenced()).isFalse();
  }

  @Test
  void redisBeginsNoSaveAndNoRewriteByItselfAndIsAsBeforeAfterwards() {
    stop().stop();
    assertThat(lab.sourceRedis.setting("save")).isEmpty();
    assertThat(lab.sourceRedis.setting("auto-aof-rewrite-percentage")).isEqualTo("0");
    assertThat(lab.sourceRedis.saves()).isZero();
    assertThat(resting().end(lab.sourceRedis)).isTrue();
    assertThat(lab.sourceRedis.setting("save")).isEqualTo(SAVE);
    assertThat(lab.sourceRedis.setting("auto-aof-rewrite-percentage")).isEqualTo("100");
    assertThat(resting().end(lab.sourceRedis)).isFalse();
  }

  @Test
  void aNoteThatAPowerCutHasEmptiedIsDropped() throws Exception {
    stop().stop();
    Files.writeString(lab.source.work().resolve("redis-files-at-rest"), "");
    lab.sourceRedis.configure("save", SAVE);
    assertThat(resting().end(lab.sourceRedis)).isTrue();
    assertThat(lab.sourceRedis.setting("save")).isEqualTo(SAVE);
    assertThat(resting().end(lab.sourceRedis)).isFalse();
  }

  @Test
  void aRedisThatNeverSavesByItselfIsLeftSo() {
    lab.sourceRedis.configure("save", "");
    stop().stop();
    resting().end(lab.sourceRedis);
    assertThat(lab.sourceRedis.setting("save")).isEmpty();
    assertThat(lab.sourceRedis.setting("auto-aof-rewrite-percentage")).isEqualTo("100");
  }

  @Test
  void withoutAnAofTheRdbIsSavedUnderTheFence() {
    lab.sourceRedis.says("aof_enabled", "0");
    stop().stop();
    assertThat(lab.sourceRedis.saves()).isEqualTo(1);
    assertThat(lab.sourceRedis.setting("save")).as("a restart saves it still").isEqualTo(SAVE);
  }

  @Test
  void anAofThatCanNotBeWrittenStopsItBeforeAnythingIsRefused() {
    lab.sourceRedis.says("aof_last_write_status", "err");
    assertThatThrownBy(() -> stop().stop()).hasMessageContaining("aof_last_write_status:err");
    assertThat(lab.sourceRedis.fenced()).isFalse();
  }

  @Test
  void aSourceThatFollowsAnotherIsNotTakenForTheWriter() {
    lab.sourceRedis.follow("10.1.2.3", 6379);
    assertThatThrownBy(() -> stop().stop())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("role slave");
    assertThat(lab.changes()).isZero();
  }

  @Test
  void aStopThatWasCutOffForgetsNoSetting() {
    lab.source.shell().loseConnectionBefore(this::keepsTheCount);
    assertThatThrownBy(() -> stop().stop()).isInstanceOf(ConnectionLost.class);
    lab.source.shell().loseConnectionBefore(command -> false);
    assertThat(stop().stop().already()).isFalse();
    resting().end(lab.sourceRedis);
    assertThat(lab.sourceRedis.setting("save")).isEqualTo(SAVE);
    assertThat(kept()).contains(new AtStop(HELD));
  }

  @Test
  void aCountWhoseEndNobodySawIsFoundDone() {
    lab.source.shell().loseConnectionAfter(this::keepsTheCount);
    assertThatThrownBy(() -> stop().stop()).isInstanceOf(ConnectionLost.class);
    lab.source.shell().loseConnectionAfter(command -> false);
    assertThat(stop().stop()).isEqualTo(new WriteStop.Stopped(true, HELD));
  }

  private boolean keepsTheCount(Command command) {
    return command.purpose().equals("note source-at-stop");
  }

  private Optional<AtStop> kept() {
    return AtStop.read(lab.shell(lab.source), SandboxRegister.MIGRATION);
  }

  private RestingFiles resting() {
    return new RestingFiles(lab.shell(lab.source), SandboxRegister.MIGRATION);
  }

  private WriteStop stop() {
    return new WriteStop(
        lab.source.register(),
        lab.shell(lab.source),
        lab.door,
        new RoleFile(lab.hands, lab.source.register()),
        SandboxRegister.MIGRATION);
  }
}
