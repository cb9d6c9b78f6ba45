package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RoleFile;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StartTest {

  private final PracticePlatform lab = new PracticePlatform();

  @AfterEach
  void remove() {
    lab.close();
  }

  @BeforeEach
  void proven() {
    lab.bring();
    lab.destData().proven().note();
    lab.destData().proven().use();
  }

  @Test
  void itsRedisAloneIsStartedOnWhatWasBroughtAndTakesWrites() {
    String said = asWriter(Optional.empty());
    assertThat(said).contains("dest runs; answers: HTTPS on 127.0.0.1 after");
    assertThat(lab.dest.data().resolve("appendonly.aof")).hasContent("set alice");
    assertThat(lab.destRedis.fenced()).isFalse();
    assertThat(lab.dest.container("register").signals()).isEmpty();
    assertThat(lab.dest.container("redis").signals()).containsExactly("KILL");
    assertThat(lab.containers(lab.dest).look())
        .allSatisfy(c -> assertThat(c.running()).isTrue())
        .allSatisfy(c -> assertThat(c.restartPolicy()).isEqualTo("always"));
    int changes = lab.changes();
    assertThat(asWriter(Optional.empty())).startsWith("already done");
    assertThat(lab.changes()).isEqualTo(changes);
  }

  @Test
  void servicesThatSomebodyStoppedAreStarted() {
    lab.containers(lab.dest).holdDownAndStop();
    asWriter(Optional.empty());
    assertThat(lab.containers(lab.dest).look())
        .allSatisfy(c -> assertThat(c.running()).isTrue())
        .allSatisfy(c -> assertThat(c.restartPolicy()).isEqualTo("always"));
  }

  @Test
  void aStartWhoseEndNobodySawIsFoundDoneOrDoneAgain() {
    for (Consumer<Predicate<Command>> loss :
        List.<Consumer<Predicate<Command>>>of(
            lab.dest.shell()::loseConnectionBefore, lab.dest.shell()::loseConnectionAfter)) {
      loss.accept(command -> command.purpose().startsWith("kill Redis"));
      assertThatThrownBy(() -> asWriter(Optional.empty())).isInstanceOf(ConnectionLost.class);
      loss.accept(command -> false);
    }
    assertThat(asWriter(Optional.empty())).startsWith("already done");
    assertThat(lab.containers(lab.dest).look())
        .allSatisfy(c -> assertThat(c.restartPolicy()).isEqualTo("always"));
  }

  @Test
  void theFileElectsItBeforeItIsStarted() {
    assertThat(lab.dest.redisConf()).content().contains("min-replicas-to-write 99");
    lab.dest
        .container("redis")
        .onStart("cp \"%s\" \"$SANDBOX/read\"".formatted(lab.dest.redisConf()));
    asWriter(Optional.empty());
    assertThat(lab.dest.shell().root().resolve("read"))
        .content()
        .isNotEmpty()
        .doesNotContain("to-write 99");
  }

  @Test
  void aFenceThatTheConfigurationBroughtBackIsLiftedOnTheWriter() {
    asWriter(Optional.empty());
    lab.destRedis.fence();
    asWriter(Optional.empty());
    assertThat(lab.destRedis.fenced()).isFalse();
  }

  @Test
  void aSourceThatSomebodyStoppedIsStartedBehindItsProxy() {
    lab.source.container("register").stopped();
    start(lab.source).asProxy();
    assertThat(lab.containers(lab.source).look()).allMatch(Container::running);
    int changes = lab.changes();
    assertThat(start(lab.source).asProxy()).startsWith("already done");
    assertThat(lab.changes()).isEqualTo(changes);
  }

  @Test
  void theWaitEndsWithTheLongestOutageAllowed() {
    lab.https.answers("127.0.0.1", path -> "502 Bad Gateway");
    long began = System.nanoTime();
    assertThatThrownBy(() -> asWriter(Optional.of(Instant.now().plus(Duration.ofMillis(1200)))))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("status 502");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
  }

  @Test
  void anAnswerThatForgotItsUsersIsNoSignOfLife() {
    lab.https.answers("127.0.0.1", "{\"reserved\":false}");
    assertThat(lab.signs.https(lab.dest.register()).complaint())
        .contains("status 200, {\"reserved\":false}");
  }

  @Test
  void anEmptyDnsAnswerIsNoSignOfLife() {
    lab.dns.down("127.0.0.1").up("127.0.0.1");
    assertThat(lab.signs.dns(lab.dest.register()).complaint()).contains("NOERROR with 0 records");
  }

  @Test
  void aRedisThatLoadsOrFollowsIsNotReady() {
    lab.destRedis.says("loading", "1");
    assertThat(lab.signs.redis(lab.dest.register()).complaint()).contains("loading:1 role:master");
  }

  private String asWriter(Optional<Instant> deadline) {
    return start(lab.dest)
        .asWriter(lab.destData(), lab.door, new RoleFile(lab.hands, lab.dest.register()), deadline);
  }

  private Start start(SandboxRegister register) {
    return new Start(register.register(), lab.containers(register), lab.signs);
  }
}
