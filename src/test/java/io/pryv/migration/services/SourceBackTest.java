package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.redis.AtStop;
import io.pryv.migration.redis.Election;
import io.pryv.migration.redis.RoleFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SourceBackTest {

  private static final String SITE = "upstream register_server { server register:9000; }\n";

  private final PracticePlatform lab = new PracticePlatform();
  private Path site;

  @BeforeEach
  void serving() throws Exception {
    lab.sourceRedis.configure("save", "900 1");
    site = lab.source.shell().confFile("reg-master/nginx/conf/site.conf", SITE);
    lab.bring();
  }

  @AfterEach
  void remove() {
    lab.close();
  }

  @Test
  void afterNothingButTheFenceWritesAreTakenAgain() {
    lab.sourceRedis.fence();
    assertThat(back().restore().siteFileRestored()).isFalse();
    assertThatSourceServesAsBefore();
  }

  @Test
  void afterTheStopSourceTakesWritesAndSavesAsBefore() throws Exception {
    String before = Files.readString(lab.source.redisConf());
    stopWrites();
    back().restore();
    assertThatSourceServesAsBefore();
    assertThat(lab.source.redisConf()).hasContent(before);
    assertThat(AtStop.read(lab.shell(lab.source), SandboxRegister.MIGRATION)).isEmpty();
  }

  @Test
  void afterDestWasElectedItGoesDownBeforeSourceTakesWrites() {
    stopWrites();
    lab.elect();
    lab.dest
        .container("redis")
        .onKill(
            """
            grep -c min-replicas-to-write '%s' >"$SANDBOX/source-fenced"
            grep -c min-replicas-to-write '%s' >"$SANDBOX/dest-fenced"
            true
            """
                .formatted(lab.source.redisConf(), lab.dest.redisConf()));
    back().restore();
    assertThatSourceServesAsBefore();
    assertThat(lab.dest.shell().root().resolve("source-fenced")).content().isNotEqualTo("0\n");
    assertThat(lab.dest.shell().root().resolve("dest-fenced")).content().isNotEqualTo("0\n");
    assertThatDestIsFencedOnItsOwnData();
  }

  @Test
  void servicesThatAreDownAreStarted() {
    stopWrites();
    lab.source.container("register").stopped();
    back().restore();
    assertThatSourceServesAsBefore();
  }

  @Test
  void aSourceThatServesAsBeforeIsNotTouched() {
    int changes = lab.changes();
    assertThat(back().restore().said()).isEqualTo("already done: source serves as before");
    assertThat(lab.changes()).isEqualTo(changes);
  }

  @Test
  void aDestThatRunsFencedOnItsOwnDataGoesOn() {
    stopWrites();
    int changes = lab.dest.shell().changes().size();
    back().restore();
    assertThat(lab.dest.shell().changes()).hasSize(changes);
    assertThatDestIsFencedOnItsOwnData();
  }

  @Test
  void aDestThatTakesWritesAlthoughNobodyWasLedThereIsFencedAgain() {
    stopWrites();
    new RoleFile(lab.hands, lab.dest.register()).writer();
    lab.destRedis.liftFence();
    back().restore();
    assertThat(lab.dest.container("redis").signals()).containsExactly("KILL");
    assertThatDestIsFencedOnItsOwnData();
  }

  @Test
  void aDestThatDoesNotStartKeepsNobodyFromTheGate() {
    stopWrites();
    lab.elect();
    lab.dest.container("redis").onStart("echo 'port is already allocated' >&2; exit 1");
    SourceBack.Restored restored = back().restore();
    assertThat(restored.destFailure()).isEmpty();
    assertThat(restored.said()).contains("but is down: ").contains("port is already allocated");
    assertThatSourceServesAsBefore();
    assertThat(lab.dest.data().resolve("appendonly.aof")).hasContent("dest's own");
    assertThat(lab.dest.redisConf()).content().contains("min-replicas-to-write");
  }

  @Test
  void aDestThatWasKilledAndNotStartedIsStartedByTheNextTry() {
    stopWrites();
    lab.elect();
    lab.dest.shell().loseConnectionBefore(command -> command.purpose().startsWith("start "));
    assertThat(back().restore().destFailure()).isPresent();
    lab.dest.shell().loseConnectionBefore(command -> false);
    assertThat(back().restore().destFailure()).isEmpty();
    assertThatDestIsFencedOnItsOwnData();
  }

  @Test
  void aFenceInSourcesFileIsTakenBackToTheByte() throws Exception {
    String before = Files.readString(lab.source.redisConf());
    new RoleFile(lab.hands, lab.source.register()).fenced();
    lab.sourceRedis.fence();
    back().restore();
    assertThat(lab.source.redisConf()).hasContent(before);
    assertThatSourceServesAsBefore();
  }

  @Test
  void afterTheSiteFileWasWrittenItIsPutBackToTheByte() throws Exception {
    stopWrites();
    proxy();
    assertThat(back().restore().siteFileRestored()).isTrue();
    assertThat(Files.readString(site)).isEqualTo(SITE);
    assertThatSourceServesAsBefore();
  }

  @Test
  void aSecondRunChangesNothing() throws Exception {
    stopWrites();
    proxy();
    back().restore();
    int changes = lab.changes();
    assertThat(back().restore().said()).startsWith("already done");
    assertThat(lab.changes()).isEqualTo(changes);
    assertThat(Files.readString(site)).isEqualTo(SITE);
    assertThatSourceServesAsBefore();
  }

  @Test
  void onceClientsMayHaveWrittenToDestThereIsNoWayBack() {
    stopWrites();
    proxy();
    nginxIsStartedAgain();
    assertThatThrownBy(() -> back().restore())
        .isInstanceOf(DestMayHaveTakenWrites.class)
        .hasMessageContaining("clients may have written to dest");
    assertThat(lab.sourceRedis.fenced()).isTrue();
    assertThat(lab.source.container("reverse_proxy").running()).isTrue();
  }

  @Test
  void anNginxThatHasEndedSinceMayHaveLedClientsToDest() {
    stopWrites();
    proxy();
    lab.source.shell().run(Command.look("by hand", "docker stop pryv_reverse_proxy_1"));
    assertThatThrownBy(() -> back().restore())
        .hasMessageContaining("clients may have written to dest");
    assertThat(lab.sourceRedis.fenced()).isTrue();
  }

  @Test
  void aRebootSinceThenIsNoProofThatItsFileWasNotReadWhateverTheClockSays() throws Exception {
    stopWrites();
    proxy();
    Path mark =
        lab.source
            .shell()
            .home()
            .resolve(".register-migration/" + SandboxRegister.MIGRATION)
            .resolve("nginx-before-its-file-led-to-dest");
    String noted = Files.readString(mark);
    Files.writeString(mark, noted.replaceFirst("[0-9a-f]{8}-[0-9a-f-]{27}", "another-boot"));
    assertThatThrownBy(() -> back().restore())
        .hasMessageContaining("clients may have written to dest");
    Files.writeString(mark, "");
    assertThatThrownBy(() -> back().restore())
        .as("a note that a power cut has emptied")
        .hasMessageContaining("clients may have written to dest");
    assertThat(lab.sourceRedis.fenced()).isTrue();
  }

  @Test
  void onceNginxWasAboutToLeadThereIsNoWayBackWhateverItsFileSays() {
    stopWrites();
    Election.noteLed(lab.shell(lab.source), SandboxRegister.MIGRATION);
    assertThatThrownBy(() -> back().restore())
        .hasMessageContaining("clients may have written to dest");
    assertThat(lab.sourceRedis.fenced()).isTrue();
  }

  @Test
  void anNginxThatIsStartedWhileItsFileIsPutBackLeavesDestTheWriter() throws Exception {
    nginxIsStartedBeforeItsFileIsPutBack();
    assertThatThrownBy(() -> back().restore())
        .hasMessageContaining("clients may have written to dest");
    assertThat(lab.dest.container("redis").running()).isTrue();
    assertThat(lab.sourceRedis.fenced()).isTrue();
    assertThat(Election.notedLed(lab.shell(lab.source), SandboxRegister.MIGRATION)).isTrue();
  }

  @Test
  void anUndoingWhoseEndNobodySawIsFollowedByTheSameLook() {
    nginxIsStartedBeforeItsFileIsPutBack();
    lab.source
        .shell()
        .loseConnectionAfter(
            command -> command.purpose().contains("site.conf") && command.changes());
    assertThatThrownBy(() -> back().restore()).isInstanceOf(ConnectionLost.class);
    lab.source.shell().loseConnectionAfter(command -> false);
    assertThat(site).content().isEqualTo(SITE);
    assertThatThrownBy(() -> back().restore()).isInstanceOf(DestMayHaveTakenWrites.class);
    assertThat(lab.dest.container("redis").running()).isTrue();
    assertThat(lab.sourceRedis.fenced()).isTrue();
  }

  @Test
  void sourceServesAgainEvenWhenDestsDockerIsBroken() {
    stopWrites();
    lab.elect();
    onDest(
        "mv bin/docker bin/docker.whole; printf '#!/bin/sh\\nexit 1\\n' >bin/docker; chmod 755"
            + " bin/docker");
    assertThat(back().restore().destFailure())
        .hasValueSatisfying(told -> assertThat(told).hasMessageContaining("its docker runs"));
    assertThatSourceServesAsBefore();
    onDest("mv bin/docker.whole bin/docker");
    assertThat(back().restore().destFailure()).isEmpty();
    assertThatDestIsFencedOnItsOwnData();
  }

  private void onDest(String script) {
    lab.dest.shell().run(Command.look("by hand", "cd \"$SANDBOX\"; PATH=/usr/bin:/bin; " + script));
  }

  @Test
  void sourceServesAgainEvenWhenDestCanNotBeReachedAndTheNextTryPutsDestBack() {
    stopWrites();
    lab.elect();
    lab.dest.shell().loseConnectionBefore(command -> true);
    assertThat(back().restore().destFailure())
        .hasValueSatisfying(
            told ->
                assertThat(told).hasMessageContaining("tried twice").hasMessageContaining("retry"));
    assertThatSourceServesAsBefore();
    lab.dest.shell().loseConnectionBefore(command -> false);
    assertThat(back().restore().destFailure()).isEmpty();
    assertThatDestIsFencedOnItsOwnData();
  }

  @Test
  void aConnectionThatDroppedBeforeDestWentDownIsNoUnreachableDest() {
    stopWrites();
    lab.elect();
    lab.dest.shell().loseConnectionBefore(once(Command::changes));
    assertThat(back().restore().destFailure()).isEmpty();
    assertThatDestIsFencedOnItsOwnData();
    assertThatSourceServesAsBefore();
  }

  @Test
  void whatADroppedConnectionHadDoneOnDestIsFoundAndNotDoneAgain() {
    stopWrites();
    lab.elect();
    lab.dest.shell().loseConnectionAfter(once(Command::changes));
    assertThat(back().restore().destFailure()).isEmpty();
    assertThatDestIsFencedOnItsOwnData();
    assertThat(lab.dest.container("redis").signals())
        .as("once to be elected, once to be put back")
        .containsExactly("KILL", "KILL");
    assertThatSourceServesAsBefore();
  }

  private static Predicate<Command> once(Predicate<Command> which) {
    AtomicBoolean met = new AtomicBoolean();
    return command -> which.test(command) && met.compareAndSet(false, true);
  }

  private void assertThatDestIsFencedOnItsOwnData() {
    assertThat(lab.containers(lab.dest).look())
        .allMatch(Container::running)
        .allSatisfy(c -> assertThat(c.restartPolicy()).isEqualTo("always"));
    assertThat(lab.dest.redisConf()).as("fenced again").content().contains("min-replicas-to-write");
    assertThat(lab.dest.data().resolve("appendonly.aof")).hasContent("dest's own");
    assertThat(lab.dest.data().resolve(PracticePlatform.BROUGHT)).hasContent("set alice");
    assertThat(lab.destData().proven().used()).isFalse();
  }

  private void assertThatSourceServesAsBefore() {
    assertThat(lab.containers(lab.source).look())
        .allSatisfy(c -> assertThat(c.running()).isTrue())
        .allSatisfy(c -> assertThat(c.restartPolicy()).isEqualTo("always"));
    assertThat(lab.sourceRedis.fenced()).isFalse();
    assertThat(lab.sourceRedis.setting("save")).isEqualTo("900 1");
  }

  private void stopWrites() {
    new WriteStop(
            lab.source.register(),
            lab.shell(lab.source),
            lab.door,
            new RoleFile(lab.hands, lab.source.register()),
            SandboxRegister.MIGRATION)
        .stop();
  }

  private void nginxIsStartedBeforeItsFileIsPutBack() {
    stopWrites();
    lab.elect();
    proxy();
    lab.source
        .shell()
        .before(
            command -> command.purpose().contains("site.conf") && command.changes(),
            this::nginxIsStartedAgain);
  }

  private void nginxIsStartedAgain() {
    lab.source
        .shell()
        .run(
            Command.look(
                "by hand", "docker stop pryv_reverse_proxy_1; docker start pryv_reverse_proxy_1"));
  }

  private void proxy() {
    Election.noteBeforeLeading(
        lab.shell(lab.source), lab.source.register().layout(), SandboxRegister.MIGRATION);
    lab.hands
        .files(lab.source.shell().machine())
        .write(
            site.toString(),
            "upstream register_server { server 10.90.0.12:443; }\n"
                .getBytes(StandardCharsets.UTF_8),
            "644");
    lab.source.shell().run(Command.look("let time pass", "sleep 0.05"));
  }

  private SourceBack back() {
    return new SourceBack(
        lab.hands,
        lab.hands.journal(),
        lab.source.register(),
        lab.dest.register(),
        lab.door,
        lab.signs,
        SandboxRegister.MIGRATION);
  }
}
