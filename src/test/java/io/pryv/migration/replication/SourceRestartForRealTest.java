package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.lab.standin.FreePort;
import io.pryv.lab.standin.RedisLink;
import io.pryv.lab.standin.RedisProcess;
import io.pryv.lab.standin.RegisterConfig;
import io.pryv.lab.standin.RegisterServer;
import io.pryv.lab.standin.SmallRegister;
import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.dns.DnsJavaClient;
import io.pryv.migration.redis.JedisServers;
import io.pryv.migration.redis.RedisAddresses;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.replication.Awakening.Judgement;
import io.pryv.migration.replication.ReplicationHealth.Health;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Source restarts while it follows dest: real Redis, a real tunnel, and a register and a dns that
 * die at their start when Redis refuses their first write, and are started again for ever.
 */
class SourceRestartForRealTest {

  private final TwoMachines machines;
  private final RedisDoor door;
  private final int dnsPort = freeUdpPort();
  private final int registerPort = FreePort.next();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final RedisLink dest;
  private final Awakening awakening = new Awakening(Clock.systemUTC());
  private RedisProcess restarted;
  private Services services;

  SourceRestartForRealTest() throws Exception {
    machines = new TwoMachines();
    door = new JedisServers(machines.hands, new RedisAddresses());
    dest = new RedisLink("127.0.0.1", machines.destRedis.port());
    NginxStub.in(machines.docker, "upstream register_server { server 10.90.0.12:443; }");
    machines.docker.container("pryv_register_1").address("172.18.0.9");
    machines.sourceMachine.route("172.18.0.9", 9000, registerPort);
  }

  @BeforeEach
  void sourceFollowsDest() throws Exception {
    try (RedisLink source = new RedisLink("127.0.0.1", machines.sourceRedis.port())) {
      for (RedisLink redis : List.of(source, dest)) {
        redis.send("SET", "ariane:server", "core1.pryv.lab").get();
        redis.send("HSET", "ariane:users", "username", "ariane").get();
      }
    }
    // Dest's own register has written its fixture, with the core of its own configuration.
    dest.send("HSET", "wactiv:users", "username", "wactiv", "server", "core9.pryv.lab").get();
    dest.send("SET", "wactiv:server", "core9.pryv.lab").get();
    services = new Services();
    open.add(services);
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(services::run);
    machines.key().make();
    assertThat(followDest().changed()).isTrue();
  }

  private FollowDest.Following followDest() {
    return new FollowDest(
            machines.hands,
            machines.source,
            machines.dest,
            List.of(),
            door,
            dns(),
            machines.tunnel(),
            "pryv.lab",
            machines.migration,
            Duration.ofSeconds(30),
            Duration.ofSeconds(60))
        .follow();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open) {
      one.close();
    }
    dest.close();
    machines.close();
    if (restarted != null) {
      restarted.close();
    }
  }

  @Test
  void afterARestartOfItsMachineSourceFollowsAgainItsServicesRunAndItRefusesWrites()
      throws Exception {
    restartSource();

    List<String> done = lookUntilWell();

    assertThat(done)
        .anyMatch(line -> line.contains("takes writes for the moment"))
        .last()
        .asString()
        .contains("read-only again, proven by a refused write")
        .contains("of the register's fixture put right from dest");
    assertThat(services.ends()).as("each died at least once on the read-only replica").isPositive();
    try (RedisLink source = new RedisLink("127.0.0.1", machines.ports.own())) {
      assertThat(source.send("GET", "wactiv:server").get().value()).isEqualTo("core9.pryv.lab");
      assertThat(source.send("GET", "dbversion").get().value())
          .isEqualTo(dest.send("GET", "dbversion").get().value());
      assertThat(source.send("GET", "ariane:server").get().value()).isEqualTo("core1.pryv.lab");
      assertThatThrownBy(() -> source.send("SET", "intruder:server", "x").get())
          .hasMessageContaining("READONLY");
      dest.send("SET", "newcomer:server", "core2.pryv.lab").get();
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(
              () -> "core2.pryv.lab".equals(source.send("GET", "newcomer:server").get().value()));
    }
  }

  @Test
  void theStepThatMakesItFollowLetsTheServicesOfARestartedSourceStartToo() throws Exception {
    restartSource();

    FollowDest.Following again = followDest();

    assertThat(again.lines())
        .anyMatch(line -> line.contains("takes writes for the moment"))
        .anyMatch(line -> line.contains("read-only again, proven by a refused write"))
        .last()
        .asString()
        .contains("source's DNS answers for ariane.pryv.lab");
    try (RedisLink source = new RedisLink("127.0.0.1", machines.ports.own())) {
      assertThatThrownBy(() -> source.send("SET", "intruder:server", "x").get())
          .hasMessageContaining("READONLY");
    }
  }

  @Test
  void aReplicaThatADeadRunLeftOpenIsMadeReadOnlyAgainByTheNext() throws Exception {
    try (RedisLink source = new RedisLink("127.0.0.1", machines.ports.own())) {
      source.send("CONFIG", "SET", "replica-read-only", "no").get();

      assertThat(followDest().lines()).anyMatch(line -> line.contains("read-only again"));

      assertThatThrownBy(() -> source.send("SET", "intruder:server", "x").get())
          .hasMessageContaining("READONLY");
    }
  }

  private void restartSource() throws Exception {
    services.close();
    machines.tunnel().close();
    machines.sourceRedis.kill();
    restarted =
        RedisProcess.startOn(
            machines.ports.own(),
            "--replicaof",
            "127.0.0.1 " + machines.ports.near(),
            "--min-replicas-to-write",
            "99");
    services = new Services();
    open.add(services);
  }

  @Test
  void aRestartOfDnsAloneIsCuredToo() throws Exception {
    services.dns.close();
    services.superviseDns();

    assertThat(lookUntilWell()).last().asString().contains("read-only again");
  }

  /** What the watch does every few seconds, without the pauses. */
  private List<String> lookUntilWell() {
    ReplicationHealth health = new ReplicationHealth(machines.tunnel());
    Replica replica =
        new Replica(machines.hands, machines.source, machines.dest, door, dns(), "pryv.lab");
    List<String> done = new ArrayList<>();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> {
              Health seen = health.look();
              if (!seen.supervised() && health.mend()) {
                done.add("tunnel");
              }
              Replica.Seen look = replica.look(seen::replication);
              Judgement judged = awakening.judge(replica, look);
              switch (judged.move()) {
                case OPEN -> done.add(replica.open());
                case START_AGAIN -> replica.startAgain();
                case CLOSE -> done.add(replica.close());
                case NONE -> {}
              }
              return seen.healthy() && look.bothAnswer() && !look.open();
            });
    return done;
  }

  private DnsClient dns() {
    DnsClient real = new DnsJavaClient();
    return new DnsClient() {
      @Override
      public Answer ask(String server, String name, String type) {
        return real.ask(server + ":" + dnsPort, name, type);
      }

      @Override
      public Answer askOnce(String server, String name, String type, Duration patience) {
        return real.askOnce(server + ":" + dnsPort, name, type, patience);
      }

      @Override
      public Answer resolve(String resolver, String name, String type) {
        return real.resolve(resolver, name, type);
      }
    };
  }

  /** Source's register and dns under a first process that starts them again when they die. */
  private final class Services implements AutoCloseable {

    private final java.util.concurrent.atomic.AtomicInteger ends =
        new java.util.concurrent.atomic.AtomicInteger();
    private final Supervised dns = new Supervised(this::startDns);
    private final Supervised register = new Supervised(this::startRegister);
    private Supervised dnsAgain;

    void superviseDns() {
      dnsAgain = new Supervised(this::startDns);
    }

    boolean run() {
      return dns.running != null && register.running != null;
    }

    int ends() {
      return ends.get();
    }

    private AutoCloseable startDns() throws IOException {
      return started(0, dnsPort);
    }

    private AutoCloseable startRegister() throws IOException {
      return started(registerPort, 0);
    }

    private AutoCloseable started(int http, int dns) throws IOException {
      RegisterServer server =
          new RegisterServer(
              RegisterConfig.parse(SmallRegister.json(http, dns, machines.ports.own(), 1)));
      try {
        server.start();
        return server;
      } catch (IOException | RuntimeException e) {
        ends.incrementAndGet();
        closeQuietly(server);
        throw e;
      }
    }

    @Override
    public void close() {
      dns.close();
      register.close();
      if (dnsAgain != null) {
        dnsAgain.close();
      }
    }
  }

  private interface Starting {
    AutoCloseable start() throws IOException;
  }

  /** Starts something again and again until it stays. */
  private static final class Supervised implements AutoCloseable {

    private final Thread thread;
    private volatile AutoCloseable running;
    private volatile boolean ended;

    Supervised(Starting starting) {
      thread =
          new Thread(
              () -> {
                while (!ended && running == null) {
                  try {
                    running = starting.start();
                  } catch (IOException | RuntimeException died) {
                    java.util.concurrent.locks.LockSupport.parkNanos(
                        TimeUnit.MILLISECONDS.toNanos(200));
                  }
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    @Override
    public void close() {
      ended = true;
      thread.interrupt();
      try {
        thread.join(TimeUnit.SECONDS.toMillis(5));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (running != null) {
        closeQuietly(running);
      }
    }
  }

  private static void closeQuietly(AutoCloseable server) {
    try {
      server.close();
    } catch (Exception e) {
      // It was to go away.
    }
  }

  private static int freeUdpPort() {
    try (DatagramSocket socket =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
