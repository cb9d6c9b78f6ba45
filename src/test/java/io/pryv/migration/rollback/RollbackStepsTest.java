package io.pryv.migration.rollback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.FakeHttps;
import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.FakeStep;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import io.pryv.migration.redis.FakeRedis;
import io.pryv.migration.redis.RoleFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The package's steps, each run twice, and what they read from the machines. */
class RollbackStepsTest {

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final SandboxRegister dest = new SandboxRegister(SandboxShell.of(Role.DEST));
  private final SandboxHands hands = new SandboxHands(source.shell(), dest.shell());
  private final FakeRedis sourceRedis = new FakeRedis("source").fixture("co1");
  private final FakeRedis destRedis = new FakeRedis("dest").fixture("co1");
  private final FakeHttps https = new FakeHttps();
  private final FakeDns dns = new FakeDns();
  private Path site;
  private FakeStep step;

  @BeforeEach
  void platform() {
    site = source.shell().confFile("reg-master/nginx/conf/site.conf", "server register:9000;\n");
    dest.shell().confFile("reg-master/nginx/conf/site.conf", "server register:9000;\n");
    https.answers(
        "127.0.0.1",
        path -> {
          String name = path.split("/", -1)[1];
          String value = sourceRedis.get(name + ":server");
          return value == null ? "404 unknown" : "302 http://" + value + "/?username=x";
        });
    step =
        new FakeStep(
                SandboxRegister.MIGRATION,
                new Platform(
                    "lab",
                    "pryv.lab",
                    source.shell().machine(),
                    dest.shell().machine(),
                    List.of(),
                    List.of(),
                    "known_hosts",
                    List.of(),
                    List.of(),
                    new Options(
                        true,
                        "",
                        "ed25519",
                        3,
                        1,
                        Duration.ofMinutes(2),
                        false,
                        List.of(),
                        10,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(1))),
                hands,
                hands.journal(),
                source.register(),
                dest.register())
            .reaching(FakeRedis.door(sourceRedis, destRedis));
  }

  @AfterEach
  void remove() {
    source.close();
    dest.close();
  }

  @Test
  void eachStepDoesItsWorkOnceAndSaysSoWhenItIsRunAgain() {
    twice(new RecordBeforeDelegate(step.contexts()), "recorded: ");
    assertThat(step.evidence("before"))
        .contains("### source", "### dest", "| pryv_redis_1 | running");
    new DetachedJob(
            hands.on(dest.shell().machine()), SandboxRegister.MIGRATION, "bulk-sync-1", "a sync")
        .launch("sleep 600");
    twice(new EndJobsDelegate(step.contexts()), "ended: bulk-sync-1 on dest");
    // What proves writes has to write; it leaves nothing.
    assertThat(step.run(new ProveAsBeforeDelegate(step.contexts(), https)))
        .contains("source: ", "files as before", "takes writes and serves them");
    twice(new ForgetNotesDelegate(step.contexts()), "removed ~/.register-migration/");
    assertThat(source.work()).doesNotExist();
    assertThat(source.work().getParent()).doesNotExist();
  }

  private void twice(StepDelegate delegate, String said) {
    assertThat(step.run(delegate)).startsWith(said);
    int changes = changes();
    assertThat(step.run(delegate)).startsWith("already done: ");
    assertThat(changes()).isEqualTo(changes);
  }

  @Test
  void whatWeLeftBehindIsAFailureAndWhatOthersChangedIsListed() throws Exception {
    step.run(new RecordBeforeDelegate(step.contexts()));
    Path log = source.shell().confFile("reg-master/nginx/log/access.log", "");
    Path others = source.shell().confFile("reg-master/dns/conf/dns.json", "{}");
    assertThat(step.run(new ProveAsBeforeDelegate(step.contexts(), https)))
        .contains("source: ", " changed by others");
    assertThat(step.evidence("asBefore")).contains(others.toString(), log.toString(), "new: ");

    hands
        .files(source.shell().machine())
        .write(site.toString(), "ours".getBytes(StandardCharsets.UTF_8), "644");
    assertThatThrownBy(() -> step.run(new ProveAsBeforeDelegate(step.contexts(), https)))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining(site.toString())
        .hasMessageContaining("as they were");
  }

  @Test
  void aLogThatOnlyBecameLongerIsNoDifference() throws Exception {
    Path log = source.shell().confFile("reg-master/nginx/log/access.log", "one\n");
    step.run(new RecordBeforeDelegate(step.contexts()));
    Files.writeString(log, "two\n", StandardOpenOption.APPEND);
    assertThat(step.run(new ProveAsBeforeDelegate(step.contexts(), https)))
        .doesNotContain("changed by others");
    assertThat(step.evidence("asBefore"))
        .contains("Logs that became longer")
        .contains(log.toString());
  }

  /** Such as what the watch over replication has set, and had no time to set again. */
  @Test
  void aSettingOfRedisThatNoFileHoldsIsSetAgain() {
    sourceRedis.configure("slave-read-only", "yes");
    sourceRedis.configure("save", "900 1 300 10");
    sourceRedis.configure("appendfsync", "everysec");
    sourceRedis.configure("auto-aof-rewrite-percentage", "100");
    step.run(new RecordBeforeDelegate(step.contexts()));
    sourceRedis.configure("slave-read-only", "no");
    sourceRedis.configure("save", "");
    sourceRedis.configure("auto-aof-rewrite-percentage", "50");
    String said = step.run(new ProveAsBeforeDelegate(step.contexts(), https));
    assertThat(said)
        .contains("source: settings of Redis that differed from before")
        .contains("replica-read-only: \"no\" → \"yes\"")
        .contains("save: \"\" → \"900 1 300 10\"")
        .contains("\"50\", before \"100\": changed by others, and left alone");
    assertThat(sourceRedis.settings())
        .containsEntry("replica-read-only", "yes")
        .containsEntry("save", "900 1 300 10")
        .containsEntry("auto-aof-rewrite-percentage", "50");
    assertThat(step.run(new ProveAsBeforeDelegate(step.contexts(), https))).doesNotContain("save:");
  }

  @Test
  void aServiceThatDoesNotRunAsBeforeIsAFailure() {
    step.run(new RecordBeforeDelegate(step.contexts()));
    dest.container("dns").stopped();
    assertThatThrownBy(() -> step.run(new ProveAsBeforeDelegate(step.contexts(), https)))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("dest: the register's containers")
        .hasMessageContaining("pryv_dns_1 down");
  }

  @Test
  void aSourceWhoseWritesNobodySeesIsAFailure() {
    https.answers("127.0.0.1", path -> "404 unknown");
    assertThatThrownBy(() -> step.run(new ProveAsBeforeDelegate(step.contexts(), https)))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("the core that was just written into its own Redis");
  }

  @Test
  void settingsOfTheColdWindowThatAreStillSetAreSetAgain() {
    Notes notes = new Notes(hands.on(source.shell().machine()), SandboxRegister.MIGRATION);
    notes.put("redis-files-at-rest", "save 900 1\nauto-aof-rewrite-percentage 100");
    sourceRedis.configure("save", "");
    sourceRedis.configure("auto-aof-rewrite-percentage", "0");
    step.run(new ProveAsBeforeDelegate(step.contexts(), https));
    assertThat(notes.has("redis-files-at-rest")).isFalse();
    assertThat(sourceRedis.settings())
        .containsEntry("save", "900 1")
        .containsEntry("auto-aof-rewrite-percentage", "100");
  }

  @Test
  void atTheGateSourceIsTheWriter() {
    destRedis.down(true);
    assertWriter("SOURCE", false, "has led no client to dest");
  }

  @Test
  void aDestThatIsGoneKeepsNobodyFromPuttingSourceBack() {
    destRedis.down(true);
    dest.shell().loseConnectionBefore(command -> true);
    assertThat(step.run(new EndJobsDelegate(step.contexts())))
        .isEqualTo("ended: nothing on dest, which can not be reached");
    assertWriter("SOURCE", false, "has led no client to dest");
    assertThat(step.evidence("findWriter"))
        .contains("| dest | does not answer | not readable | docker does not answer |");
  }

  @Test
  void anUndoingThatWasCutOffIsLookedAtAgain() throws Exception {
    source.container("reverse_proxy").stopped();
    beforeLeading();
    assertWriter("SOURCE", false, "has led no client to dest");
    nginxStarts();
    assertWriter("DEST", false, "dest's Redis takes writes");
  }

  @Test
  void inTheColdWindowDestHasTakenNothingAsLongAsNginxHasNotReadItsNewFile() throws Exception {
    proxy();
    source.container("reverse_proxy").stopped();
    assertWriter("SOURCE", false, "has led no client to dest");
  }

  @Test
  void onceNginxLeadsToDestItsWritesCount() throws Exception {
    proxy();
    nginxStarts();
    assertWriter("DEST", false, "dest's Redis takes writes");
  }

  @Test
  void aSourceThatStandsFencedOrFollowsIsReadyForTheReturn() throws Exception {
    proxy();
    nginxStarts();
    sourceRedis.fence();
    assertWriter("DEST", true, "dest's Redis takes writes");
    sourceRedis.reaches("127.0.0.1", 4567, destRedis).follow("127.0.0.1", 4567);
    new RoleFile(hands, source.register()).replicaOf("127.0.0.1", 4567);
    assertWriter("DEST", true, "dest's Redis takes writes");
    assertThat(step.evidence("findWriter"))
        .contains(
            "| source | slave of 127.0.0.1:4567, fenced | replica of 127.0.0.1 4567, fenced |");
  }

  @Test
  void aReturnThatWasBegunIsRecognised() throws Exception {
    proxy();
    nginxStarts();
    destRedis.fence();
    assertWriter("DEST", true, "a return to source was begun");
  }

  @Test
  void aDestThatFollowsSourceHasTakenNoWrite() throws Exception {
    proxy();
    nginxStarts();
    destRedis.reaches("127.0.0.1", 4567, sourceRedis).follow("127.0.0.1", 4567);
    assertWriter("SOURCE", false, "dest follows");
  }

  @Test
  void aSwitchIsNotEndedWithTheOtherJobs() {
    DetachedJob job =
        new DetachedJob(
            hands.on(source.shell().machine()), SandboxRegister.MIGRATION, "switch", "the switch");
    job.launch("sleep 600");
    assertThat(step.run(new EndJobsDelegate(step.contexts()))).startsWith("already done");
    assertThat(job.look(Duration.ZERO).running()).isTrue();
    job.kill();
  }

  @Test
  void aSourceThatFollowsDestStandsBehindAnElectedOneAlsoWhereNginxRefusedItsFile()
      throws Exception {
    sourceRedis.reaches("127.0.0.1", 4567, destRedis).follow("127.0.0.1", 4567);
    assertWriter("DEST", true, "dest's Redis takes writes, and source follows another Redis");
  }

  @Test
  void aDestThatMayHoldWritesAndDoesNotAnswerStopsTheRollback() throws Exception {
    proxy();
    nginxStarts();
    destRedis.down(true);
    assertThatThrownBy(() -> step.run(new FindWriterDelegate(step.contexts(), dns)))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("it may hold writes that source lacks")
        .hasMessageContaining("nothing was changed");
  }

  private void assertWriter(String writer, boolean sourceReady, String because) {
    int changes = changes();
    assertThat(step.run(new FindWriterDelegate(step.contexts(), dns))).contains(because);
    assertThat(step.get("writer", String.class)).isEqualTo(writer);
    assertThat(step.get("sourceReady", Boolean.class)).isEqualTo(sourceReady);
    assertThat(changes()).as("it only looks").isEqualTo(changes);
  }

  private void beforeLeading() {
    Election.noteBeforeLeading(
        hands.on(source.shell().machine()), source.register().layout(), SandboxRegister.MIGRATION);
  }

  private void proxy() throws Exception {
    source.container("reverse_proxy").stopped();
    beforeLeading();
    hands
        .files(source.shell().machine())
        .write(site.toString(), "server 10.90.0.12:443;\n".getBytes(StandardCharsets.UTF_8), "644");
  }

  private void nginxStarts() {
    Containers.of(hands, source.register(), SandboxRegister.MIGRATION).start();
  }

  private int changes() {
    return source.shell().changes().size() + dest.shell().changes().size();
  }
}
