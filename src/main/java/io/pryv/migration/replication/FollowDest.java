package io.pryv.migration.replication;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RoleFile;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Makes source's Redis a replica of dest's, through the tunnel (procedure, step 6). This is the one
 * destructive step of the whole procedure (field guide 3.5), so the guard is passed once more right
 * before it.
 *
 * <p>Source is fenced first: what it acknowledged between the guard and the turn would be wiped.
 * The file comes before the run-time setting: whatever dies in between, a Redis that starts again
 * is a replica that keeps its data and refuses writes, never a second writer. Nothing is restarted:
 * source's register and dns would not survive it (3.12).
 */
final class FollowDest {

  private static final String HOST = "127.0.0.1";
  private static final int LOOKS = 10;
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(150);
  private static final Duration ANSWERS_WITHIN = Duration.ofMillis(500);

  private final Hands hands;
  private final Register source;
  private final Register dest;
  private final List<Register> sourceSlaves;
  private final RedisDoor door;
  private final DnsClient dns;
  private final Tunnel tunnel;
  private final String domain;
  private final String migration;
  private final Duration patience;
  private final Duration dnsPatience;

  /**
   * A way to follow.
   *
   * @param patience how long the first transfer of the data may take
   * @param dnsPatience how long DNS may then take to read it, or, when its machine was restarted
   *     meanwhile, to start again
   */
  FollowDest(
      Hands hands,
      Register source,
      Register dest,
      List<Register> sourceSlaves,
      RedisDoor door,
      DnsClient dns,
      Tunnel tunnel,
      String domain,
      String migration,
      Duration patience,
      Duration dnsPatience) {
    this.hands = hands;
    this.source = source;
    this.dest = dest;
    this.sourceSlaves = sourceSlaves;
    this.door = door;
    this.dns = dns;
    this.tunnel = tunnel;
    this.domain = domain;
    this.migration = migration;
    this.patience = patience;
    this.dnsPatience = dnsPatience;
  }

  /**
   * How it went.
   *
   * @param changed whether anything had to be changed
   * @param lines what was proven, one line each
   */
  record Following(boolean changed, List<String> lines) {

    String markdown() {
      return "- " + String.join("\n- ", lines) + "\n";
    }
  }

  /** Makes source follow dest, unless it does, and proves it and that its DNS still answers. */
  Following follow() {
    try (RedisServer onSource = door.open(source);
        RedisServer onDest = door.open(dest)) {
      List<String> lines = new ArrayList<>();
      Map<String, String> found = onSource.info("replication");
      if ("slave".equals(found.get("role")) && "0".equals(found.get("slave_read_only"))) {
        // Let take writes by a run that died before it made it read-only again.
        wake(source, dest, lines);
      }
      boolean changed = turn(onSource, onDest, lines);
      proveService(onSource, lines);
      return new Following(changed, lines);
    }
  }

  /**
   * Makes source's Redis follow dest's, unless it does, and proves that, whatever its other
   * services do: after a restart behind its fence they are down until it takes writes again.
   */
  void turn() {
    try (RedisServer onSource = door.open(source);
        RedisServer onDest = door.open(dest)) {
      turn(onSource, onDest, new ArrayList<>());
    }
  }

  private boolean turn(RedisServer onSource, RedisServer onDest, List<String> lines) {
    requireWriter(onDest);
    boolean changed = false;
    if (!follows(onSource)) {
      tunnel.open(onDest.info("server").get("run_id"), Duration.ofSeconds(20));
      lines.add(passGuardFenced(onSource, onDest));
      writeFile();
      onSource.follow(HOST, tunnel.port());
      changed = true;
    } else {
      changed = writeFile() || tunnel.launch();
    }
    proveLink(onSource, onDest, lines);
    proveWrite(onSource, onDest, lines);
    return changed;
  }

  /** Leaves source as it was when the guard does not let it pass. */
  private static String passGuardFenced(RedisServer onSource, RedisServer onDest) {
    boolean fencedBefore = onSource.fenced();
    onSource.fence();
    try {
      return "source fenced; guard passed again: %d keys of its users are on dest with equal values"
          .formatted(FollowGuard.ofSource(onSource, onDest).pass().keys().compared());
    } catch (StepFailure stopped) {
      if (!fencedBefore) {
        onSource.liftFence();
      }
      throw stopped;
    }
  }

  private void requireWriter(RedisServer onDest) {
    String role = onDest.info("replication").get("role");
    if (!"master".equals(role) || onDest.fenced()) {
      throw new StepFailure(
          dest.machine().name(),
          "Redis",
          "the one writer: a master that accepts writes",
          "role " + role + (onDest.fenced() ? ", fenced" : ""),
          "dest must serve the platform before source follows it: see why it does not");
    }
  }

  private boolean follows(RedisServer onSource) {
    Map<String, String> info = onSource.info("replication");
    if (!"slave".equals(info.get("role"))) {
      return false;
    }
    String master = info.get("master_host") + ":" + info.get("master_port");
    if (master.equals(HOST + ":" + tunnel.port()) || master.equals("localhost:" + tunnel.port())) {
      return true;
    }
    throw new StepFailure(
        source.machine().name(),
        "Redis",
        "a master, or a replica of " + HOST + ":" + tunnel.port(),
        "a replica of " + master,
        "source's Redis follows somebody else: see who told it to, and that no user was lost");
  }

  private boolean writeFile() {
    return new RoleFile(hands, source).replicaOf(HOST, tunnel.port());
  }

  private void proveLink(RedisServer onSource, RedisServer onDest, List<String> lines) {
    long began = System.nanoTime();
    long[] offsets = new long[2];
    boolean caughtUp =
        Wait.until(
            patience,
            () -> {
              offsets[0] = number(onDest.info("replication"), "master_repl_offset");
              Map<String, String> info = onSource.info("replication");
              offsets[1] = number(info, "slave_repl_offset");
              return "up".equals(info.get("master_link_status")) && offsets[1] >= offsets[0];
            });
    Map<String, String> info = onSource.info("replication");
    if (!caughtUp) {
      throw new StepFailure(
          source.machine().name(),
          "replication from dest",
          "master_link_status:up and dest's offset " + offsets[0] + " reached",
          "master_link_status:%s, offset %d after %d s"
              .formatted(info.get("master_link_status"), offsets[1], patience.toSeconds()),
          "see the tunnel and the log of source's Redis; source goes on serving what it has."
              + " Retry: the step goes on where it is");
    }
    if (!"1".equals(info.getOrDefault("slave_read_only", "1"))) {
      throw new StepFailure(
          source.machine().name(),
          "Redis",
          "slave_read_only:1",
          "slave_read_only:" + info.get("slave_read_only"),
          "set `slave-read-only yes` on source's Redis: a write there would be lost. Then retry");
    }
    lines.add(
        "link up; dest's offset %d reached (source at %d) after %d ms; source read-only"
            .formatted(offsets[0], offsets[1], (System.nanoTime() - began) / 1_000_000));
  }

  private void proveWrite(RedisServer onSource, RedisServer onDest, List<String> lines) {
    String key = "register-migration:" + migration + ":followed";
    String value = String.valueOf(System.nanoTime());
    onDest.set(key, value, Duration.ofMinutes(5));
    long began = System.nanoTime();
    boolean seen = Wait.until(Duration.ofSeconds(10), () -> value.equals(onSource.get(key)));
    onDest.delete(key);
    if (!seen) {
      throw new StepFailure(
          source.machine().name(),
          "Redis",
          "the key " + key + ", just written on dest",
          String.valueOf(onSource.get(key)),
          "see whether source really follows dest (`INFO replication`), then retry");
    }
    lines.add(
        "a key written on dest was seen on source after %d ms, and deleted again"
            .formatted((System.nanoTime() - began) / 1_000_000));
  }

  /** Source and its slaves still hold the users, and their DNS still answers for one. */
  private void proveService(RedisServer onSource, List<String> lines) {
    Optional<String> user = onSource.sampleUsers(1, migration.hashCode()).stream().findFirst();
    if (user.isEmpty()) {
      throw new StepFailure(
          source.machine().name(),
          "Redis",
          "users",
          "none",
          "source has lost them by following dest: look at dest's Redis at once, and stop its"
              + " container before anything else is lost; the backup is in the report");
    }
    String name = user.get() + "." + domain;
    proveDns(source, dest, name, lines);
    for (Register slave : sourceSlaves) {
      try (RedisServer onSlave = door.open(slave)) {
        if (!Wait.untilAnswered(patience, () -> onSlave.countKeys().users() > 0)) {
          throw new StepFailure(
              slave.machine().name(),
              "Redis",
              "source's users, which it copies again after source's turn",
              "none after " + patience.toSeconds() + " s",
              "see its replication link (`INFO replication`), then retry");
        }
      }
      proveDns(slave, source, name, lines);
    }
  }

  /**
   * Lets what a restart of its machine has left silent start again, as the watch does later on.
   *
   * @param master what its Redis follows
   */
  private void wake(Register register, Register master, List<String> lines) {
    Replica replica = new Replica(hands, register, master, door, dns, domain);
    Awakening awakening = new Awakening(Clock.systemUTC());
    AtomicReference<Optional<String>> trouble = new AtomicReference<>(Optional.empty());
    boolean awake =
        Wait.until(
            dnsPatience,
            () -> {
              Replica.Seen seen = replica.look();
              Awakening.Judgement judged = awakening.judge(replica, seen);
              trouble.set(judged.trouble());
              switch (judged.move()) {
                case OPEN -> lines.add(replica.open());
                case START_AGAIN ->
                    Stream.of(replica.startAgain())
                        .filter(line -> !line.isEmpty())
                        .forEach(lines::add);
                case CLOSE -> lines.add(replica.close());
                case NONE -> {}
              }
              return awakening.settled();
            });
    if (awake) {
      return;
    }
    if (replica.look().open()) {
      replica.close();
    }
    throw new StepFailure(
        register.machine().name(),
        "its register and dns, which were restarted",
        "both answer again within " + dnsPatience.toSeconds() + " s",
        trouble.get().orElse("its register does not answer"),
        "see their logs (`docker logs`), then retry: the step goes on where it is");
  }

  /**
   * Whether it is silent at any moment of a short while: one that crashes for ever answers for a
   * moment between two crashes (field guide, section 1).
   */
  private boolean silent(Machine machine, String name) {
    try {
      for (int look = 0; look < LOOKS; look++) {
        dns.askOnce(machine.publicAddress(), name, "A", ANSWERS_WITHIN);
        LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
      }
      return false;
    } catch (StepFailure noAnswer) {
      return true;
    }
  }

  private void proveDns(Register register, Register master, String name, List<String> lines) {
    Machine machine = register.machine();
    if (silent(machine, name)) {
      wake(register, master, lines);
    }
    DnsClient.Answer[] answer = new DnsClient.Answer[1];
    boolean answered =
        Wait.untilAnswered(
            dnsPatience,
            () -> {
              answer[0] = dns.ask(machine.publicAddress(), name, "A");
              return !answer[0].empty();
            });
    if (!answered) {
      throw new StepFailure(
          machine.name(),
          "DNS answer for " + name,
          "the user's core",
          answer[0].code() + " without records",
          "its dns container can not read Redis: see its log. Do not restart it while source"
              + " follows dest, it writes at its start and would not come up");
    }
    lines.add(
        "%s's DNS answers for %s: %s"
            .formatted(machine.name(), name, String.join(", ", answer[0].records())));
  }

  private static long number(Map<String, String> info, String field) {
    return Long.parseLong(info.getOrDefault(field, "-1"));
  }
}
