package io.pryv.migration.transfer;

import static io.pryv.migration.nameservers.PryvLab.PARENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.FakeStep;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.FakeRedis;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The steps as the process calls them, again and again. */
class TransferStepsTest {

  private static final long SMALL = 100_000;
  private static final int ROUNDS = 3;

  private final TransferPlatform lab = new TransferPlatform();
  private final FakeRedis sourceRedis = new FakeRedis("source").fixture("co1");
  private final FakeRedis destRedis =
      new FakeRedis("dest").fixture("co2").says("rdb_bgsave_in_progress", "0");
  private final FakeDns dns =
      new FakeDns().delegates(PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.11");
  private final FakeStep step =
      new FakeStep(
              SandboxRegister.MIGRATION,
              platform(),
              lab.hands,
              lab.hands.journal(),
              lab.sourceRegister(),
              lab.dest.register())
          .reaching(FakeRedis.door(sourceRedis, destRedis));

  @BeforeEach
  void data() {
    lab.source.dataFile("appendonly.aof", "x".repeat(1_000));
    lab.dest.dataFile("appendonly.aof", "dest's own");
  }

  @AfterEach
  void remove() {
    lab.close();
  }

  @Test
  void aSmallDeltaEndsTheRounds() {
    makeKey();
    untilDone(new BulkSyncDelegate(step.contexts()), "bulkSyncDone");
    assertThat(step.get("bulkSyncAgain", Boolean.class)).isFalse();
    assertThat(step.get("bulkSyncRound", Integer.class)).isEqualTo(1);
    assertThat(step.evidence("sync")).contains("| 1 | 2 | 1 | 1,000 |");
    assertThat(step.get("bulkSyncProgress", String.class)).startsWith("round 1: ");
  }

  @Test
  void largeDeltasEndAfterTheRoundsAllowedAndTheGateMayAskForMore() {
    makeKey();
    lab.dest
        .shell()
        .stub(
            "rsync",
            """
            cat <<'END'
            Number of files: 2
            Number of regular files transferred: 1
            Total file size: 1,000,000 bytes
            Total bytes sent: 10
            Total bytes received: 900,000
            total size is 1,000,000  speedup is 1.11
            END
            """);
    BulkSyncDelegate bulkSync = new BulkSyncDelegate(step.contexts());
    for (int round = 1; round <= ROUNDS; round++) {
      untilDone(bulkSync, "bulkSyncDone");
      assertThat(step.get("bulkSyncAgain", Boolean.class)).isEqualTo(round < ROUNDS);
      assertThat(step.get("bulkSyncRound", Integer.class)).isEqualTo(round);
    }
    untilDone(bulkSync, "bulkSyncDone");
    assertThat(step.get("bulkSyncRound", Integer.class)).isEqualTo(ROUNDS + 1);
    assertThat(step.get("bulkSyncAgain", Boolean.class)).isFalse();
    assertThat(step.evidence("sync").lines()).hasSize(2 + ROUNDS + 1);
  }

  @Test
  void theLastSyncOfASecondWindowIsNotTheFirstOnes() {
    makeKey();
    step.put("coldWindowStartedAt", Instant.parse("2026-11-22T16:00:00Z"));
    LastSyncDelegate lastSync = new LastSyncDelegate(step.contexts());
    untilDone(lastSync, "lastSyncDone");
    lab.source.dataFile("appendonly.aof", "written after source was put back");
    untilDone(lastSync, "lastSyncDone");
    assertThat(lab.incoming().resolve("appendonly.aof")).hasContent("x".repeat(1_000));
    step.put("coldWindowStartedAt", Instant.parse("2026-11-22T18:00:00Z"));
    untilDone(lastSync, "lastSyncDone");
    assertThat(lab.incoming().resolve("appendonly.aof"))
        .hasContent("written after source was put back");
    assertThat(step.run(new ProveCopyDelegate(step.contexts()))).contains("the same SHA-256");
  }

  @Test
  void eachSyncBeforeAWindowIsANewOne() {
    makeKey();
    PreSyncDelegate preSync = new PreSyncDelegate(step.contexts());
    untilDone(preSync, "preSyncDone");
    lab.source.dataFile("appendonly.aof", "hours later");
    untilDone(preSync, "preSyncDone");
    assertThat(step.get("preSyncRun", Integer.class)).isEqualTo(2);
    assertThat(lab.incoming().resolve("appendonly.aof")).hasContent("hours later");
  }

  @Test
  void theBackupIsMadeOnceAndMadeAgainWhenRedisRewroteItsAof() {
    sourceRedis.says("aof_base_size", "1");
    BackUpDelegate backUp = new BackUpDelegate(step.contexts());
    step.run(backUp);
    assertThat(step.get("backUpDone", Boolean.class)).isFalse();
    sourceRedis.says("aof_base_size", "2");
    untilDone(backUp, "backUpDone");
    Path location = Path.of(step.get("backUpLocation", String.class));
    assertThat(location.resolve("data/appendonly.aof")).hasContent("x".repeat(1_000));
    int changes = lab.changes();
    assertThat(step.run(backUp)).startsWith("already done");
    assertThat(lab.changes()).isEqualTo(changes);
  }

  @Test
  void atTheEndNothingOfTheKeysIsLeft() {
    makeKey();
    destRedis.fence();
    step.run(new KeepDestDataDelegate(step.contexts()));
    untilDone(new BulkSyncDelegate(step.contexts()), "bulkSyncDone");
    RemoveKeysDelegate removeKeys = new RemoveKeysDelegate(step.contexts());
    assertThat(step.run(removeKeys)).contains("the transfer key from dest");
    assertThat(lab.key()).doesNotExist();
    assertThat(lab.dest.work().resolve("dest-data-before")).doesNotExist();
    assertThat(lab.incoming()).doesNotExist();
    assertThat(lab.authorizedKeys().getParent()).as("the ~/.ssh that we made").doesNotExist();
    assertThat(step.run(removeKeys)).startsWith("already done");
  }

  @Test
  void anAbortLeavesSourceAloneAndSaysSo() {
    makeKey();
    UndoPreparationDelegate undo = new UndoPreparationDelegate(step.contexts(), dns);
    assertThat(step.run(undo))
        .contains("the transfer key from dest")
        .endsWith("Source serves and takes writes.");
    assertThat(step.run(undo)).startsWith("already done");
    lab.source.container("redis").stopped();
    assertThatThrownBy(() -> step.run(undo)).isInstanceOf(StepFailure.class);
  }

  @Test
  void destIsLeftAsItIsWhileAParentStillLeadsClientsToIt() {
    makeKey();
    UndoPreparationDelegate undo = new UndoPreparationDelegate(step.contexts(), dns);
    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=127.0.0.1");
    step.put("recordsListed", true);
    int changes = lab.changes();

    assertThatThrownBy(() -> step.run(undo))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("parent " + PARENT + ", NS: 127.0.0.1");
    dns.down(PARENT);
    assertThatThrownBy(() -> step.run(undo))
        .as("a parent that is silent may lead there still")
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("no answer from parent " + PARENT);
    assertThat(lab.changes()).isEqualTo(changes);

    dns.delegates(PARENT, "pryv.lab", "dns1.pryv.lab=10.90.0.11");
    assertThat(step.run(undo)).endsWith("Source serves and takes writes.");
  }

  @Test
  void withADatabaseFromBeforeTheCutOverNothingIsBroughtOverTheWriterDest() {
    makeKey();
    lab.source
        .shell()
        .confFile(
            "reg-master/nginx/conf/site.conf",
            "upstream register_server { server 127.0.0.1:443; }\n");
    step.put("coldWindowStartedAt", Instant.parse("2026-11-22T16:00:00Z"));
    int changes = lab.changes();
    for (StepDelegate delegate :
        List.of(
            new BulkSyncDelegate(step.contexts()),
            new PreSyncDelegate(step.contexts()),
            new LastSyncDelegate(step.contexts()),
            new UndoPreparationDelegate(step.contexts(), dns))) {
      assertThatThrownBy(() -> step.run(delegate))
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("dest is the writer, and this step would harm it");
    }
    assertThat(lab.changes()).isEqualTo(changes);
    assertThat(lab.dest.data().resolve("appendonly.aof")).hasContent("dest's own");
  }

  @Test
  void aCopyIsNotProvenWhileASyncRunsWhateverTheVariableSays() {
    makeKey();
    step.put("coldWindowStartedAt", Instant.parse("2026-11-22T16:00:00Z"));
    untilDone(new LastSyncDelegate(step.contexts()), "lastSyncDone");
    DetachedJob another =
        new DetachedJob(lab.onDest(), SandboxRegister.MIGRATION, "last-sync-7", "rsync");
    another.launch("sleep 600");
    ProveCopyDelegate proveCopy = new ProveCopyDelegate(step.contexts());
    try {
      assertThatThrownBy(() -> step.run(proveCopy))
          .hasMessageContaining("last-sync-7 runs; the copy was not proven");
    } finally {
      another.kill();
    }
    assertThat(step.run(proveCopy)).contains("the same SHA-256");
    assertThat(step.run(proveCopy)).as("run twice").contains("the same SHA-256");
  }

  private void makeKey() {
    MakeTransferKeyDelegate makeKey = new MakeTransferKeyDelegate(step.contexts());
    assertThat(step.run(makeKey)).startsWith("made ");
    assertThat(step.run(makeKey)).startsWith("already done");
    assertThat(step.evidence("keys")).contains(lab.key().toString());
  }

  private void untilDone(StepDelegate delegate, String variable) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    do {
      assertThat(System.nanoTime() - deadline).isNegative();
      step.run(delegate);
    } while (!step.get(variable, Boolean.class));
  }

  private Platform platform() {
    Machine source = lab.sourceRegister().machine();
    return new Platform(
        "pryv.lab",
        "pryv.lab",
        source,
        lab.dest.shell().machine(),
        List.of(),
        List.of(),
        "known_hosts",
        List.of(PARENT),
        List.of(),
        new Options(
            true,
            "",
            "ed25519",
            ROUNDS,
            SMALL,
            Duration.ofMinutes(2),
            false,
            List.of(),
            100,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1)));
  }
}
