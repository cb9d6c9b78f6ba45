package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.StubDocker;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.FakeStep;
import io.pryv.migration.process.Following;
import io.pryv.migration.process.StandingWatch;
import io.pryv.migration.redis.FakeRedis;
import io.pryv.migration.redis.RedisDoor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The package's steps, in the order of the process, each run twice. */
class ReplicationStepsTest {

  private final SandboxShell sourceMachine = SandboxShell.of(Machine.Role.SOURCE);
  private final SandboxShell destMachine = SandboxShell.of(Machine.Role.DEST);
  private final SandboxHands hands = new SandboxHands(sourceMachine, destMachine);
  private final Path conf =
      sourceMachine.confFile("reg-master/redis/conf/redis.conf", "port 6379\n");
  private final FakeRedis sourceRedis = new FakeRedis("source").fixture("core1.pryv.lab");
  private final FakeRedis destRedis = new FakeRedis("dest").fixture("core1.pryv.lab");
  private final RedisDoor door = FakeRedis.door(sourceRedis, destRedis);
  private final FakeDns dns = new FakeDns();
  private FakeStep step;

  @BeforeEach
  void aPlatform() throws IOException {
    destMachine.stub("sshd", "echo hostkey $HOME/host");
    Files.writeString(
        destMachine.home().resolve("host.pub"),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIBQvD5JuWnPx46ISP8z+5QZB7ZLKqSAI98C8WzM9xKR root@dest\n");
    sourceMachine.stub("sudo", "[ \"$1\" = -n ] && shift; exec \"$@\"");
    new StubDocker(sourceMachine)
        .register()
        .container("pryv_redis_1")
        .field(
            "{{range .Mounts}}{{.Source}}|{{.Destination}}{{println}}{{end}}",
            conf.getParent() + "|/app/conf")
        // With -N it stays; without, the forced command ends it.
        .program("ssh", "case \" $* \" in *' -N '*) exec sleep 600 ;; esac; exit 1")
        .program(
            "redis-cli",
            "printf 'run_id:run-dest\\r\\nrole:slave\\r\\nmaster_port:4567\\r\\nmaster_link_status:up\\r\\n'");
    for (FakeRedis redis : List.of(sourceRedis, destRedis)) {
      redis.user("ariane", "ariane@mail.example", "core1.pryv.lab");
    }
    sourceRedis.reaches("127.0.0.1", 4567, destRedis);
    dns.answers("127.0.0.1", "ariane.pryv.lab", "A", "CNAME core1.pryv.lab");
    step =
        new FakeStep(
                UUID.randomUUID().toString(),
                new Platform(
                    "lab",
                    "pryv.lab",
                    sourceMachine.machine(),
                    destMachine.machine(),
                    List.of(),
                    List.of(),
                    "known_hosts",
                    List.of("10.90.0.20"),
                    List.of("10.90.0.21"),
                    new Options(
                        true,
                        "",
                        "rsa",
                        5,
                        1 << 20,
                        Duration.ofMinutes(2),
                        false,
                        List.of("reg"),
                        200,
                        Duration.ofMinutes(1),
                        null)),
                hands,
                hands.journal(),
                register(sourceMachine.machine()),
                register(destMachine.machine()))
            .reaching(door);
  }

  @AfterEach
  void close() {
    new Tunnel(hands, step.source(), step.dest(), step.migration()).close();
    sourceMachine.close();
    destMachine.close();
  }

  private Register register(Machine machine) {
    return TunnelledRegister.ofOurs(machine, conf, "5.0.2");
  }

  private int changes() {
    return sourceMachine.changes().size()
        + destMachine.changes().size()
        + hands.journal().edits("source").size()
        + hands.journal().edits("dest").size();
  }

  @Test
  void eachStepDoesItsWorkOnceAndSaysSoWhenItIsRunAgain() {
    var makeKey = new MakeTunnelKeyDelegate(step.contexts());
    assertThat(step.run(makeKey)).startsWith("made ").contains("(RSA)");
    assertThat(step.evidence("tunnelKey")).contains("permitopen=\"127.0.0.1:6379\"");
    int changes = changes();
    assertThat(step.run(makeKey)).startsWith("already done: ");
    assertThat(changes()).isEqualTo(changes);

    var compare = new CompareBeforeFollowDelegate(step.contexts());
    assertThat(step.run(compare))
        .isEqualTo("6 keys of source's users are on dest with equal values");
    assertThat(step.get("guardKeysCompared", Long.class)).isEqualTo(6);
    assertThat(step.evidence("guard")).contains("| users | 2 | 2 |");
    assertThat(changes()).isEqualTo(changes);

    var open = new OpenTunnelDelegate(step.contexts());
    assertThat(step.run(open)).startsWith("opened: 127.0.0.1:4567 inside pryv_redis_1");
    changes = changes();
    assertThat(step.run(open)).startsWith("already done: ");
    assertThat(changes()).isEqualTo(changes);

    var follow = new FollowDestDelegate(step.contexts(), dns);
    assertThat(step.run(follow)).startsWith("source follows dest: ");
    assertThat(step.evidence("follow")).contains("- link up");
    changes = changes();
    assertThat(step.run(follow)).startsWith("already done: source follows dest: ");
    assertThat(changes()).isEqualTo(changes);

    dns.up("127.0.0.1");
    assertThat(new TunnelWatch(dns, Clock.systemUTC()).look(step, Following.SOURCE).troubles())
        .isEmpty();

    var close = new CloseTunnelDelegate(step.contexts());
    assertThat(step.run(close)).startsWith("closed inside source's Redis container");
    changes = changes();
    assertThat(step.run(close)).startsWith("already done: ");
    assertThat(changes()).isEqualTo(changes);
  }

  @Test
  void theWatchOpensTheTunnelAgainAndTellsWhatItFound() {
    step.run(new MakeTunnelKeyDelegate(step.contexts()));
    dns.down("127.0.0.1");
    int changes = changes();
    StandingWatch.Finding found =
        new TunnelWatch(dns, Clock.systemUTC()).look(step, Following.SOURCE);
    assertThat(found.troubles())
        .anyMatch(trouble -> trouble.contains("the tunnel from source to dest is gone"))
        .contains("source's DNS does not answer");
    assertThat(changes()).as("a look changes nothing").isEqualTo(changes);
    assertThat(found.remedies()).singleElement().satisfies(this::opensTheTunnel);
    dns.up("127.0.0.1");
    assertThat(new TunnelWatch(dns, Clock.systemUTC()).look(step, Following.SOURCE).troubles())
        .isEmpty();
  }

  @Test
  void theWatchHasTheTunnelsKeyBeLetInAndTellsWhenItCanNot() throws IOException {
    step.run(new MakeTunnelKeyDelegate(step.contexts()));
    dns.up("127.0.0.1");
    Path keys = destMachine.home().resolve(".ssh/authorized_keys");
    String lasting = Files.readString(keys);
    LaterClock clock = new LaterClock();
    TunnelWatch watch = new TunnelWatch(dns, clock);
    watch.look(step, Following.SOURCE);

    Files.writeString(keys, lasting.replaceFirst("expiry-time=\"\\d{8}", "expiry-time=\"20260101"));
    clock.later(Duration.ofMinutes(10));
    assertThat(lastRemedy(watch).get()).contains("on dest is written anew");
    assertThat(keys).hasContent(lasting);
    assertThat(hands.journal().edits("dest").get(0).path()).isEqualTo(keys.toString());

    Files.writeString(keys, "");
    clock.later(Duration.ofHours(6));
    assertThatThrownBy(() -> lastRemedy(watch).get()).hasMessageContaining("taken it out");
    assertThat(watch.look(step, Following.SOURCE).troubles())
        .anyMatch(trouble -> trouble.contains("can not be renewed before it ends"));
    assertThat(keys).hasContent("");

    Files.writeString(keys, lasting);
    clock.later(Duration.ofMinutes(5));
    assertThat(lastRemedy(watch).get()).isEmpty();
    assertThat(watch.look(step, Following.SOURCE).troubles())
        .noneMatch(trouble -> trouble.contains("renewed"));
  }

  private Supplier<String> lastRemedy(TunnelWatch watch) {
    List<Supplier<String>> remedies = watch.look(step, Following.SOURCE).remedies();
    assertThat(remedies).isNotEmpty();
    return remedies.get(remedies.size() - 1);
  }

  @Test
  void aLineIsLookedAtNowAndThen() {
    LaterClock clock = new LaterClock();
    KeyRenewals renewals = new KeyRenewals(clock);
    assertThat(renewals.due("tunnel", "anew", () -> true)).isEmpty();
    clock.later(Duration.ofMinutes(10));
    assertThat(renewals.due("tunnel", "anew", () -> false).orElseThrow().get()).isEmpty();
    assertThat(renewals.due("tunnel", "anew", () -> true)).isEmpty();
    assertThat(renewals.due("another", "anew", () -> true)).isEmpty();
    clock.later(Duration.ofHours(6));
    assertThat(renewals.due("tunnel", "anew", () -> true).orElseThrow().get()).isEqualTo("anew");
    assertThat(renewals.trouble("tunnel")).isEmpty();
  }

  /** Goes on only when it is told to. */
  private static final class LaterClock extends Clock {

    private Instant now = Instant.now();

    void later(Duration by) {
      now = now.plus(by);
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
      throw new UnsupportedOperationException("only for UTC");
    }
  }

  private void opensTheTunnel(Supplier<String> remedy) {
    assertThat(remedy.get()).contains("tunnel").contains("opened again");
    assertThat(remedy.get()).as("a second time").isEmpty();
  }
}
