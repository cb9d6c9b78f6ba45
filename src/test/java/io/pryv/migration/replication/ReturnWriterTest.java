package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.FakeRedis;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RedisSettings;
import io.pryv.migration.redis.RoleFile;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The reverse switch, cut off at each of its sub-steps, with what may restart in between. */
class ReturnWriterTest {

  private static final Set<String> CHANGES = Set.of("fence", "liftFence", "follow", "promote");

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final SandboxRegister dest = new SandboxRegister(SandboxShell.of(Role.DEST));
  private final SandboxHands hands = new SandboxHands(source.shell(), dest.shell());
  private FakeRedis sourceRedis;
  private FakeRedis destRedis;
  private String sourceConf;
  private String destConf;

  /** Sub-steps left before we die. */
  private int lives = Integer.MAX_VALUE;

  private int kept;
  private boolean persisted;
  private boolean waits;
  private Optional<String> unable = Optional.empty();

  @BeforeEach
  void sourceFollowsDest() throws Exception {
    sourceConf = Files.readString(source.redisConf());
    destConf = Files.readString(dest.redisConf());
    prepare();
  }

  private void prepare() throws Exception {
    Files.writeString(source.redisConf(), sourceConf);
    Files.writeString(dest.redisConf(), destConf);
    destRedis = new FakeRedis("dest").fixture("co1").user("alice", "alice@pryv.lab", "co1");
    sourceRedis = new FakeRedis("source").fixture("co1").reaches("127.0.0.1", 4567, destRedis);
    new RoleFile(hands, source.register()).replicaOf("127.0.0.1", 4567);
    sourceRedis.fence();
    sourceRedis.follow("127.0.0.1", 4567);
    destRedis.user("bertrand", "bertrand@pryv.lab", "co1");
    kept = 0;
    persisted = false;
    waits = false;
    lives = Integer.MAX_VALUE;
  }

  @AfterEach
  void remove() {
    source.close();
    dest.close();
  }

  @Test
  void sourceIsTheWriterAgainWithAllThatDestHasTaken() throws Exception {
    ReturnWriter.Returned returned = give();
    assertThat(returned.changed()).isTrue();
    assertThat(returned.refusedSince()).isNotNull();
    assertThat(waits).as("until nginx leads it to source").isTrue();
    assertReturned();
  }

  @Test
  void registrationsThatCanNotWaitKeepNobodyFromGoingBack() throws Exception {
    unable = Optional.of("registrations do not wait in dest's nginx");
    assertThat(give().lines()).contains("registrations do not wait in dest's nginx");
    assertReturned();
  }

  @Test
  void aSecondRunChangesNothing() throws Exception {
    give();
    int changes = source.shell().changes().size() + dest.shell().changes().size();
    assertThat(give().changed()).isFalse();
    assertThat(source.shell().changes().size() + dest.shell().changes().size()).isEqualTo(changes);
    assertReturned();
  }

  /** What restarts while we are dead. */
  enum Restarted {
    NOTHING(false, false),
    SOURCE(true, false),
    DEST(false, true),
    BOTH(true, true);

    private final boolean source;
    private final boolean dest;

    Restarted(boolean source, boolean dest) {
      this.source = source;
      this.dest = dest;
    }
  }

  @ParameterizedTest
  @EnumSource
  void whereverItIsCutOffOneWriterIsLeftAndARerunEndsIt(Restarted restarted) throws Exception {
    int subSteps = 0;
    for (int cut = 1; ; cut++) {
      prepare();
      lives = cut;
      try {
        give();
      } catch (Died died) {
        subSteps++;
      }
      boolean through = lives > 0;
      lives = Integer.MAX_VALUE;
      assertAtMostOneWriter("cut off at " + cut);
      if (restarted.source) {
        restart(sourceRedis, source.redisConf());
      }
      if (restarted.dest) {
        restart(destRedis, dest.redisConf());
      }
      assertAtMostOneWriter("cut off at " + cut + ", then restarted " + restarted);
      // A client that reaches whoever takes writes: it must be found on source at the end.
      write(destRedis, "onDest");
      write(sourceRedis, "onSource");
      assertThat(kept).as("registers that took a write").isLessThanOrEqualTo(1);
      give();
      assertReturned();
      if (through) {
        break;
      }
    }
    assertThat(subSteps).as("sub-steps at which it was cut off").isGreaterThanOrEqualTo(6);
  }

  private void write(FakeRedis redis, String name) {
    try {
      redis.set(name + ":server", "co9");
      kept++;
    } catch (StepFailure refused) {
      assertThat(refused.getMessage()).containsAnyOf("READONLY", "NOREPLICAS");
    }
  }

  @Test
  void destIsGivenBackWhenSourceDoesNotReachItInTime() throws Exception {
    destRedis.says("master_repl_offset", "100");
    sourceRedis.says("slave_repl_offset", "100");
    FakeRedis slow = destRedis;
    lives = Integer.MAX_VALUE;
    ReturnWriter late =
        new ReturnWriter(
            source.register(),
            dest.register(),
            new RoleFile(hands, source.register()),
            new RoleFile(hands, dest.register()),
            register -> {
              RedisServer server = FakeRedis.door(sourceRedis, destRedis).open(register);
              return server != slow
                  ? server
                  : onCall(
                      server,
                      name -> {
                        if (name.equals("fence")) {
                          slow.says("master_repl_offset", "200");
                        }
                      });
            },
            follower(),
            Duration.ofMillis(300),
            Duration.ofMillis(100));
    assertThatThrownBy(late::give)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("dest's offset 200 within 100 ms")
        .hasMessageContaining("dest takes writes again");
    assertThat(destRedis.fenced()).isFalse();
    assertThat(waits).isFalse();
    assertThat(Files.readString(dest.redisConf())).isEqualTo(destConf);
    assertThat(sourceRedis.info("replication")).containsEntry("role", "slave");
  }

  @Test
  void destIsGivenBackWhenSourceIsLostBehindTheFence() throws Exception {
    AtomicBoolean lost = new AtomicBoolean();
    RedisDoor door = FakeRedis.door(sourceRedis, destRedis);
    ReturnWriter cut =
        returnWriter(
            register ->
                register.machine().role() == Role.DEST
                    ? onCall(
                        door.open(register),
                        name -> lost.compareAndSet(false, name.equals("fence")))
                    : onCall(
                        door.open(register),
                        name -> {
                          if (lost.get() && !name.equals("close")) {
                            throw new StepFailure("source", "Redis", "an answer", "none", "retry");
                          }
                        }),
            follower());
    assertThatThrownBy(cut::give).isInstanceOf(StepFailure.class).hasMessageContaining("an answer");
    assertThat(lost).isTrue();
    assertThat(destRedis.fenced()).isFalse();
    assertThat(Files.readString(dest.redisConf())).isEqualTo(destConf);
    assertAtMostOneWriter("source lost");

    give();
    assertReturned();
  }

  @Test
  void aRerunThatFindsNoWayToSourceGivesDestBackThatAnEarlierRunHasFenced() throws Exception {
    destRedis.fence();
    new RoleFile(hands, dest.register()).fenced();
    ReturnWriter.Machines stuck =
        new ReturnWriter.Machines() {
          @Override
          public void follow() {
            throw new AssertionError("it follows");
          }

          @Override
          public void keepOpen(String runIdOfDest) {
            throw new StepFailure("source", "tunnel", "open", "closed", "retry");
          }

          @Override
          public void flush() {
            throw new AssertionError("it goes on");
          }

          @Override
          public void persist(RedisServer redis) {
            throw new AssertionError("it goes on");
          }

          @Override
          public Optional<String> letRegistrationsWait() {
            throw new AssertionError("it goes on");
          }

          @Override
          public void letRegistrationsGoOn() {
            goOn();
          }
        };
    waits = true;
    ReturnWriter rerun = returnWriter(FakeRedis.door(sourceRedis, destRedis), stuck);
    assertThatThrownBy(rerun::give).isInstanceOf(StepFailure.class).hasMessageContaining("closed");
    assertThat(destRedis.fenced()).isFalse();
    assertThat(waits).isFalse();
    assertThat(Files.readString(dest.redisConf())).isEqualTo(destConf);
  }

  @Test
  void sourceIsNotPromotedDuringAnAofRewrite() {
    sourceRedis.says("aof_rewrite_in_progress", "1");
    assertThatThrownBy(this::give)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("aof_rewrite_in_progress:1")
        .hasMessageContaining("dest goes on taking writes");
    assertThat(destRedis.fenced()).isFalse();
  }

  @Test
  void aShortSourceIsNeverElected() {
    sourceRedis.says("db0", "keys=3,expires=0,avg_ttl=0");
    destRedis.says("db0", "keys=7,expires=1,avg_ttl=0");
    assertThatThrownBy(this::give)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("the 6 keys that dest holds");
    assertThat(destRedis.fenced()).isFalse();
    assertThat(sourceRedis.info("replication")).containsEntry("role", "slave");
  }

  @Test
  void twoWritersAreToldAndNeitherIsTouched() {
    sourceRedis.promote();
    sourceRedis.liftFence();
    int changes = source.shell().changes().size() + dest.shell().changes().size();
    assertThatThrownBy(this::give)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("both would be writers");
    assertThat(source.shell().changes().size() + dest.shell().changes().size()).isEqualTo(changes);
  }

  @Test
  void nobodysTransactionOnDestKeepsWritesRefused() throws Exception {
    destRedis.inMulti("172.18.0.9:40112");
    assertThatThrownBy(this::give)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("172.18.0.9:40112 has been inside one")
        .hasMessageContaining("dest goes on taking writes");
    assertThat(destRedis.fenced()).isFalse();
    assertThat(Files.readString(dest.redisConf())).isEqualTo(destConf);
  }

  @Test
  void aSourceWhoseDiskDoesNotTakeItIsNoWriterAndDestIsGivenBack() throws Exception {
    ReturnWriter.Machines full =
        new ReturnWriter.Machines() {
          @Override
          public void follow() {
            throw new AssertionError("it follows");
          }

          @Override
          public void keepOpen(String runIdOfDest) {
            // It is.
          }

          @Override
          public void flush() {
            // As long as there is space.
          }

          @Override
          public void persist(RedisServer redis) {
            throw new StepFailure("source", "disk", "space", "none", "retry");
          }

          @Override
          public Optional<String> letRegistrationsWait() {
            waits = true;
            return Optional.empty();
          }

          @Override
          public void letRegistrationsGoOn() {
            goOn();
          }
        };
    ReturnWriter cut = returnWriter(FakeRedis.door(sourceRedis, destRedis), full);
    assertThatThrownBy(cut::give).hasMessageContaining("space");
    assertThat(waits).isFalse();
    assertThat(sourceRedis.fenced()).isTrue();
    assertThat(destRedis.fenced()).isFalse();
    assertThat(Files.readString(dest.redisConf())).isEqualTo(destConf);

    give();
    assertReturned();
  }

  private void assertReturned() throws Exception {
    assertThat(persisted).as("source's disk held it first").isTrue();
    assertThat(sourceRedis.info("replication")).containsEntry("role", "master");
    assertThat(sourceRedis.fenced()).isFalse();
    assertThat(Files.readString(source.redisConf())).isEqualTo(sourceConf);
    assertThat(destRedis.fenced()).isTrue();
    assertThat(RedisSettings.find(Files.readString(dest.redisConf()), "min-replicas-to-write"))
        .contains("99");
    assertThat(sourceRedis.get("alice:server")).isEqualTo("co1");
    assertThat(sourceRedis.get("bertrand:server")).isEqualTo("co1");
    if (kept > 0) {
      assertThat(List.of("onDest", "onSource"))
          .as("what was acknowledged is on source")
          .anyMatch(name -> "co9".equals(sourceRedis.get(name + ":server")));
    }
    sourceRedis.set("probe", "1");
    sourceRedis.delete("probe");
  }

  private void assertAtMostOneWriter(String when) {
    boolean onSource = !sourceRedis.fenced() && role(sourceRedis).equals("master");
    boolean onDest = !destRedis.fenced() && role(destRedis).equals("master");
    assertThat(onSource && onDest).as("two writers, " + when).isFalse();
  }

  private static String role(FakeRedis redis) {
    return redis.info("replication").get("role");
  }

  /** As Redis comes up by its file. */
  private static void restart(FakeRedis redis, Path conf) throws Exception {
    String text = Files.readString(conf);
    redis.promote();
    redis.liftFence();
    if (RedisSettings.find(text, "min-replicas-to-write").isPresent()) {
      redis.fence();
    }
    RedisSettings.find(text, "replicaof")
        .ifPresent(
            master -> {
              String[] words = master.split(" ", -1);
              redis.follow(words[0], Integer.parseInt(words[1]));
            });
  }

  private ReturnWriter.Returned give() {
    return returnWriter(mortal(FakeRedis.door(sourceRedis, destRedis)), follower()).give();
  }

  private ReturnWriter returnWriter(RedisDoor door, ReturnWriter.Machines follower) {
    return new ReturnWriter(
        source.register(),
        dest.register(),
        new RoleFile(mortal(hands), source.register()),
        new RoleFile(mortal(hands), dest.register()),
        door,
        follower,
        Duration.ofMillis(300),
        Duration.ofMillis(300));
  }

  /** As FollowDest does it: its file first, then at run time, only behind a dest that writes. */
  private ReturnWriter.Machines follower() {
    return new ReturnWriter.Machines() {
      @Override
      public void follow() {
        if (destRedis.fenced() || sourceRedis.compareUsersWith(destRedis).differing() > 0) {
          throw new StepFailure("source", "guard", "a dest that holds all", "less", "look");
        }
        new RoleFile(mortal(hands), source.register()).replicaOf("127.0.0.1", 4567);
        sourceRedis.follow("127.0.0.1", 4567);
      }

      @Override
      public void keepOpen(String runIdOfDest) {
        assertThat(runIdOfDest).isEqualTo("run-dest");
      }

      @Override
      public void flush() {
        // The fake has no disk.
      }

      @Override
      public void persist(RedisServer redis) {
        live();
        assertThat(sourceRedis.fenced()).as("source takes writes before they last").isTrue();
        assertThat(destRedis.fenced()).as("dest holds all, until source's disk does").isTrue();
        persisted = true;
      }

      @Override
      public Optional<String> letRegistrationsWait() {
        live();
        assertThat(destRedis.fenced() && !waits).as("dest refuses what is at a core").isFalse();
        waits = unable.isEmpty();
        return unable;
      }

      @Override
      public void letRegistrationsGoOn() {
        live();
        goOn();
      }
    };
  }

  /** What goes on before dest takes writes leaves users half created. */
  private void goOn() {
    assertThat(destRedis.fenced()).as("dest refuses what goes on there").isFalse();
    waits = false;
  }

  private void live() {
    if (--lives <= 0) {
      throw new Died();
    }
  }

  private RedisDoor mortal(RedisDoor door) {
    return register ->
        onCall(
            door.open(register),
            name -> {
              if (CHANGES.contains(name)) {
                live();
              }
            });
  }

  private static RedisServer onCall(RedisServer server, Consumer<String> first) {
    return (RedisServer)
        Proxy.newProxyInstance(
            RedisServer.class.getClassLoader(),
            new Class<?>[] {RedisServer.class},
            new Watched(server, first));
  }

  /** Tells of each call before it is made. */
  private record Watched(RedisServer server, Consumer<String> first) implements InvocationHandler {

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
      first.accept(method.getName());
      Object[] plain = arguments == null ? new Object[0] : arguments.clone();
      for (int i = 0; i < plain.length; i++) {
        if (plain[i] instanceof RedisServer other && Proxy.isProxyClass(other.getClass())) {
          plain[i] = ((Watched) Proxy.getInvocationHandler(other)).server();
        }
      }
      try {
        return method.invoke(server, plain);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }
  }

  private Hands mortal(Hands all) {
    return new Hands() {
      @Override
      public Shell on(Machine machine) {
        return all.on(machine);
      }

      @Override
      public RemoteFiles files(Machine machine) {
        RemoteFiles files = all.files(machine);
        return new RemoteFiles() {
          @Override
          public Optional<byte[]> read(String path) {
            return files.read(path);
          }

          @Override
          public boolean write(String path, byte[] content, String mode) {
            if (Arrays.equals(files.read(path).orElse(new byte[0]), content)) {
              return false;
            }
            live();
            return files.write(path, content, mode);
          }

          @Override
          public boolean remove(String path) {
            return files.remove(path);
          }
        };
      }
    };
  }

  /** Our program is killed. */
  private static final class Died extends RuntimeException {

    private static final long serialVersionUID = 1L;
  }
}
