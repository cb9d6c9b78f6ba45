package io.pryv.migration.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.FakeRedis;
import io.pryv.migration.redis.RoleFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PreparationTest {

  private final TransferPlatform lab = new TransferPlatform();
  private final FakeRedis sourceRedis = new FakeRedis("source").fixture("co1");
  private final FakeRedis destRedis = new FakeRedis("dest").fixture("co2");
  private Path compose;
  private String composeBefore;

  @BeforeEach
  void ready() throws Exception {
    compose = lab.dest.shell().confRoot().resolve("reg-master.yml");
    composeBefore = Files.readString(compose);
    lab.source.dataFile("appendonly.aof", "source's");
    lab.dest.dataFile("appendonly.aof", "dest's own");
    Files.createDirectories(lab.authorizedKeys().getParent());
    Files.writeString(lab.authorizedKeys(), "ssh-rsa AAAAstaff root@laptop");
  }

  @AfterEach
  void remove() {
    lab.close();
  }

  @Test
  void aDestThatServedBeforeServesAgainWithItsOwnData() throws Exception {
    prepare();
    String redisConf = Files.readString(lab.dest.redisConf());
    new RoleFile(lab.hands, lab.dest.register()).fenced();
    destRedis.fence();
    assertThat(preparation().undo(false)).startsWith("undone: ").contains("to the byte");
    assertThat(lab.containers(lab.dest).look())
        .hasSize(5)
        .allSatisfy(c -> assertThat(c.running()).isTrue())
        .allSatisfy(c -> assertThat(c.restartPolicy()).isEqualTo("always"));
    assertThat(destRedis.fenced()).isFalse();
    assertThat(lab.dest.redisConf()).hasContent(redisConf);
    assertThatAllElseIsAsBefore();
  }

  @Test
  void aDestThatWasStoppedBeforeIsStoppedAndComesBackWithItsHostAsBefore() throws Exception {
    lab.dest.docker().calls();
    for (String service : List.of("reverse_proxy", "register", "dns", "redis", "mail")) {
      lab.dest.container(service).stopped();
    }
    prepare();
    preparation().undo(false);
    assertThat(lab.containers(lab.dest).look())
        .hasSize(5)
        .noneMatch(Container::up)
        .allSatisfy(c -> assertThat(c.restartPolicy()).isEqualTo("always"));
    assertThatAllElseIsAsBefore();
  }

  @Test
  void aSecondRunChangesNothing() throws Exception {
    prepare();
    preparation().undo(false);
    int changes = lab.changes();
    assertThat(preparation().undo(false)).startsWith("already done");
    assertThat(lab.changes()).isEqualTo(changes);
    assertThatAllElseIsAsBefore();
  }

  @Test
  void anAbortBeforeAnythingWasDoneTouchesNothing() {
    int changes = lab.changes();
    assertThat(preparation().undo(false))
        .isEqualTo(
            "already done: nothing of the preparation is left. Source serves and takes writes.");
    assertThat(lab.changes()).isEqualTo(changes);
  }

  @Test
  void aSourceThatDoesNotServeIsNotCalledUntouched() {
    prepare();
    lab.source.container("dns").stopped();
    assertThatThrownBy(() -> preparation().undo(false))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("pryv_dns_1 exited");
  }

  @Test
  void destsDataIsNotPutAsideWhileItHoldsAUserThatSourceLacks() throws Exception {
    prepare();
    destRedis.user("zoe", "zoe@pryv.lab", "co1").fence();
    int changes = lab.changes();

    assertThatThrownBy(() -> preparation().undo(true))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("zoe:server")
        .hasMessageContaining("nothing of it was touched");
    destRedis.down(true);
    assertThatThrownBy(() -> preparation().undo(true)).isInstanceOf(StepFailure.class);
    assertThat(lab.changes()).isEqualTo(changes);

    destRedis.down(false);
    sourceRedis.user("zoe", "zoe@pryv.lab", "co1");
    assertThat(preparation().undo(true)).contains("dest's own data put back");
    assertThatAllElseIsAsBefore();
  }

  @Test
  void aDestThatTakesWritesIsNotPutAside() {
    prepare();

    assertThatThrownBy(() -> preparation().undo(true))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("it takes writes");
  }

  private void prepare() {
    lab.containers(lab.dest).remember();
    lab.containers(lab.dest).start();
    lab.key("ed25519").make();
    destRedis.says("rdb_bgsave_in_progress", "0").fence();
    lab.destData().keep(FakeRedis.door(destRedis));
    destRedis.liftFence();
    lab.hands
        .files(lab.dest.shell().machine())
        .write(
            compose.toString(),
            (composeBefore + "# a port\n").getBytes(StandardCharsets.UTF_8),
            "644");
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!lab.sync().whileSourceRuns("bulk-sync-1", TransferPlatform.LONG).ended()) {
      assertThat(System.nanoTime() - deadline).isNegative();
    }
    assertThat(lab.incoming().resolve("appendonly.aof")).hasContent("source's");
  }

  private void assertThatAllElseIsAsBefore() throws Exception {
    assertThat(Files.readString(compose)).isEqualTo(composeBefore);
    assertThat(lab.dest.data().resolve("appendonly.aof")).hasContent("dest's own");
    assertThat(lab.incoming()).doesNotExist();
    assertThat(Files.readString(lab.authorizedKeys())).isEqualTo("ssh-rsa AAAAstaff root@laptop");
    assertThat(lab.key()).doesNotExist();
  }

  private Preparation preparation() {
    return new Preparation(
        lab.sourceRegister(),
        lab.dest.register(),
        lab.containers(lab.source),
        lab.containers(lab.dest),
        new FileUndo("source", lab.hands.files(lab.source.shell().machine()), lab.hands.journal()),
        new FileUndo("dest", lab.hands.files(lab.dest.shell().machine()), lab.hands.journal()),
        new KeyRemoval(lab.hands, lab.hands.journal(), SandboxRegister.MIGRATION),
        lab.destData(),
        FakeRedis.door(sourceRedis, destRedis),
        new Notes(lab.hands.on(lab.dest.shell().machine()), SandboxRegister.MIGRATION));
  }
}
