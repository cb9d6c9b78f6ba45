package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.redis.FakeRedis;
import io.pryv.migration.replication.Awakening.Move;
import io.pryv.migration.replication.Replica.Seen;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AwakeningTest {

  private static final Seen WELL = new Seen(true, true, true, false);
  private static final Seen SILENT = new Seen(false, true, true, false);
  private static final Seen SILENT_UNLINKED = new Seen(false, false, false, false);
  private static final Seen OPEN_SILENT = new Seen(false, true, true, true);
  private static final Seen OPEN_WELL = new Seen(true, true, true, true);

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Machine.Role.SOURCE));
  private final SandboxHands hands = new SandboxHands(source.shell());
  private final FakeRedis redis = new FakeRedis("source");
  private final FakeRedis destRedis = new FakeRedis("dest");
  private final MovableClock clock = new MovableClock();
  private final Awakening awakening = new Awakening(clock);
  private Replica replica;

  @BeforeEach
  void followsDest() {
    redis.reaches("127.0.0.1", 4567, destRedis).follow("127.0.0.1", 4567);
    nginxLeadsTo("10.90.0.12:443");
    replica =
        new Replica(
            hands,
            source.register(),
            new io.pryv.migration.platform.Register(
                new Machine(
                    Machine.Role.DEST, "dest", "10.90.0.12", 22, "root", "key", "/", "10.90.0.12"),
                source.register().layout()),
            FakeRedis.door(redis, destRedis),
            new FakeDns(),
            "pryv.lab");
  }

  @AfterEach
  void close() {
    source.close();
  }

  private void nginxLeadsTo(String server) {
    source.shell().confFile("reg-master/nginx/conf/site.conf", "as nginx -T says");
    NginxStub.in(source.docker(), "upstream register_server { server " + server + "; }");
  }

  private Move move(Seen seen) {
    return awakening.judge(replica, seen).move();
  }

  @Test
  void nothingIsDoneWhileBothAnswer() {
    assertThat(awakening.judge(replica, WELL))
        .isEqualTo(new Awakening.Judgement(Move.NONE, java.util.Optional.empty()));
  }

  @Test
  void aSilentDnsIsToldAtOnceAndItsRedisTakesWritesFromTheSecondLookOn() {
    Awakening.Judgement first = awakening.judge(replica, SILENT);
    assertThat(first.move()).isEqualTo(Move.NONE);
    assertThat(first.trouble()).contains("source's DNS does not answer");
    assertThat(move(SILENT)).isEqualTo(Move.OPEN);
  }

  @Test
  void aDnsThatOnlyLostItsRedisForAMomentComesBackByItself() {
    move(SILENT);
    answersSteadily();
    assertThat(move(SILENT)).isEqualTo(Move.NONE);
  }

  @Test
  void aDnsThatCrashesForEverAndAnswersForAMomentEachTimeIsOneTroubleUntilItStays() {
    move(SILENT);
    for (int crash = 0; crash < 3; crash++) {
      clock.forward(Duration.ofSeconds(2));
      assertThat(awakening.judge(replica, WELL).trouble())
          .as("it answers, and ends again")
          .contains("source's DNS does not answer");
      clock.forward(Duration.ofSeconds(2));
      assertThat(awakening.judge(replica, SILENT))
          .as("it is cured all the same")
          .isEqualTo(
              new Awakening.Judgement(
                  Move.OPEN, java.util.Optional.of("source's DNS does not answer")));
    }
    assertThat(move(OPEN_WELL)).as("not before it stays").isEqualTo(Move.NONE);
    clock.forward(Awakening.STEADY);
    assertThat(awakening.judge(replica, OPEN_WELL))
        .isEqualTo(new Awakening.Judgement(Move.CLOSE, java.util.Optional.empty()));
  }

  @Test
  void aRegisterThatCrashesAloneIsWaitedForToo() {
    Seen registerSilent = new Seen(true, false, true, false);
    move(registerSilent);
    assertThat(move(WELL)).isEqualTo(Move.NONE);
    assertThat(awakening.judge(replica, registerSilent))
        .isEqualTo(new Awakening.Judgement(Move.OPEN, java.util.Optional.empty()));
  }

  private void answersSteadily() {
    move(WELL);
    clock.forward(Awakening.STEADY);
    move(WELL);
  }

  @Test
  void withoutALinkNothingCanStartSoNothingIsOpened() {
    for (int looks = 0; looks < 5; looks++) {
      assertThat(move(SILENT_UNLINKED)).isEqualTo(Move.NONE);
    }
    assertThat(move(SILENT)).as("the first look with a link").isEqualTo(Move.NONE);
    assertThat(move(SILENT)).isEqualTo(Move.OPEN);
  }

  @Test
  void aNginxThatLeadsToTheRegisterKeepsRedisReadOnlyAndIsToldToTheOperator() {
    nginxLeadsTo("register:9000");
    move(SILENT);
    Awakening.Judgement second = awakening.judge(replica, SILENT);
    assertThat(second.move()).isEqualTo(Move.NONE);
    assertThat(second.trouble()).get().asString().contains("server register:9000", "DNS");
  }

  @Test
  void aNginxThatIsTurnedBackMeanwhileClosesAtOnce() {
    assertThat(move(OPEN_SILENT)).isEqualTo(Move.START_AGAIN);
    nginxLeadsTo("register:9000");
    assertThat(move(OPEN_SILENT)).isEqualTo(Move.CLOSE);
  }

  @Test
  void onceBothAnswerItIsClosedWhoeverOpenedIt() {
    assertThat(move(OPEN_WELL)).isEqualTo(Move.CLOSE);
  }

  @Test
  void aRegisterThatNeverStartsIsGivenUpForAWhileAndTold() {
    assertThat(move(OPEN_SILENT)).isEqualTo(Move.START_AGAIN);
    clock.forward(Awakening.LONGEST.plusSeconds(1));
    Awakening.Judgement late = awakening.judge(replica, OPEN_SILENT);
    assertThat(late.move()).isEqualTo(Move.CLOSE);
    assertThat(late.trouble()).get().asString().contains("does not start");

    move(SILENT);
    assertThat(move(SILENT)).as("given up").isEqualTo(Move.NONE);
    clock.forward(Awakening.PAUSE);
    move(SILENT);
    assertThat(move(SILENT)).as("tried again").isEqualTo(Move.OPEN);
  }

  @Test
  void whatDockerWaitsToStartAgainIsStartedAtOnceAndNothingElse() {
    source.docker().container("pryv_dns_1").field("{{.State.Restarting}}", "true");

    assertThat(replica.startAgain()).contains("pryv_dns_1").doesNotContain("pryv_register_1");
    assertThat(source.docker().calls())
        .contains("docker restart -t 0 pryv_dns_1")
        .noneMatch(call -> call.contains("restart -t 0 pryv_register_1"));

    source.docker().container("pryv_dns_1").field("{{.State.Restarting}}", "false");
    assertThat(replica.startAgain()).isEmpty();
  }

  @Test
  void closingIsProvenByARefusedWrite() {
    assertThat(replica.open()).contains("takes writes for the moment");
    assertThat(redis.refusesWrites()).isFalse();
    assertThat(replica.close()).contains("read-only again, proven by a refused write");
    assertThat(redis.refusesWrites()).isTrue();
  }

  @Test
  void itIsClosedEvenWhenTheMasterIsGone() {
    replica.open();
    destRedis.down(true);
    assertThat(replica.close()).contains("could not be compared");
    assertThat(redis.refusesWrites()).isTrue();
  }

  private static final class MovableClock extends Clock {

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    void forward(Duration time) {
      now = now.plus(time);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
