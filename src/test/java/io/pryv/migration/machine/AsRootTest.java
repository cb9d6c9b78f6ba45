package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who logs in as another user than root gets root for what needs it, and for nothing else. */
class AsRootTest {

  private static final LeaseHolder US =
      new LeaseHolder("m-1", "app", 1, 10, "pryv.example", "control pid 77");

  private final SandboxShell machine = SandboxShell.of(Machine.Role.SOURCE);

  @AfterEach
  void remove() {
    machine.close();
  }

  @Test
  void asRootNothingGoesBySudo() {
    machine.stub("sudo", "touch \"$SANDBOX/asked\"; exit 1").stub("docker", "echo docker");
    assumeTrue(says("echo $EUID").equals("0\n"));
    assertThat(says("as_root echo one; docker ps")).isEqualTo("one\ndocker\n");
    CommandResult whole =
        machine.run(Command.look("whole", "as_root cat; exit 3").withInput("in").asRoot());
    assertThat(whole.output()).isEqualTo("in");
    assertThat(whole.exitCode()).isEqualTo(3);
    DetachedJob job = new DetachedJob(machine, "m-1", "job", "a job");
    job.launch(AsRoot.job("as_root echo done; exit 4"));
    assertThat(job.look(Duration.ofSeconds(3)))
        .isEqualTo(new DetachedJob.Status(DetachedJob.State.ENDED, 4, "done\n"));
    assertThat(machine.root().resolve("asked")).doesNotExist();
  }

  @Test
  void onlyWhatNeedsRootGoesBySudo() {
    machine.notRoot();
    assertThat(says("echo mine; as_root echo \"root's own\"")).isEqualTo("mine\nroot's own\n");
    assertThat(machine.bySudo())
        .singleElement()
        .asString()
        .matches("-n env LC_ALL=C timeout -k 1 2[89] echo root's own");
  }

  @Test
  void aWholeScriptRunsBehindOneSudoWithItsInputAndTheUsersHome() {
    machine.notRoot();
    CommandResult result =
        machine.run(
            Command.change("whole", "cat; echo \"$HOME\"; as_root echo in; echo no >&2; exit 3")
                .withInput("it's in\n")
                .asRoot());
    assertThat(result.output()).isEqualTo("it's in\n" + machine.home() + "\nin\n");
    assertThat(result.errors()).isEqualTo("no\n");
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.command().script()).startsWith("cat; echo");
    assertThat(machine.bySudo()).filteredOn(line -> line.startsWith("-n ")).hasSize(1);
  }

  @Test
  void theLeaseIsTheUsersOwn() {
    machine.notRoot();
    Shell step = LeasedShells.ofStep(any -> machine, US, any -> true).to(machine.machine());
    step.run(Command.change("by root", "echo acted").asRoot());
    assertThat(machine.home().resolve(".register-migration/lease")).exists();
    assertThat(String.join("\n", machine.bySudo())).contains("echo acted").doesNotContain("lease");
  }

  @Test
  void dockerIsReachedByRootWhereTheUserMayNot() {
    machine
        .stub("docker", "echo \"docker $*\"; cat")
        .stub("docker-compose", "echo \"compose $*\"")
        .notRoot();
    assertThat(says("echo in | docker exec -i x; docker-compose up"))
        .isEqualTo("docker exec -i x\nin\ncompose up\n");
    assertThat(machine.bySudo()).hasSize(2);
  }

  @Test
  void aSudoThatRefusesIsToldAndNothingGoesOn() {
    machine.notRoot().stub("sudo", "echo 'sudo: a password is required' >&2; exit 1");
    CommandResult refused = machine.run(Command.change("act", "echo acted").asRoot());
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.output()).isEmpty();
    assertThatThrownBy(() -> refused.orFail("see")).hasMessageContaining("a password is required");
    assertThat(says("if " + AsRoot.POSSIBLE + "; then echo yes; else echo no; fi"))
        .isEqualTo("no\n");
  }

  /** The user can't end what runs as root. */
  @Test
  void whatRunsAsRootEndsItselfBeforeItsScriptIsEnded() {
    machine.notRoot();
    Command late =
        Command.change("late", "echo $$ >\"$SANDBOX/home/pid\"; exec sleep 60")
            .within(Duration.ofSeconds(4))
            .asRoot();
    long began = System.nanoTime();
    assertThatThrownBy(() -> machine.run(late))
        .isExactlyInstanceOf(StepFailure.class)
        .hasMessageContaining("an end within 4 s");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
    Awaitility.await().until(() -> says("[ -e /proc/$(cat pid) ] || echo gone").equals("gone\n"));
  }

  @Test
  void onlyWhatIsNotTheUsersOwnIsReadAndWrittenByRoot() throws IOException {
    machine.notRoot();
    RemoteFiles files = new SandboxHands(machine).files(machine.machine());
    String own = machine.home() + "/own";
    assertThat(files.write(own, bytes("one"), "600")).isTrue();
    assertThat(files.write(own, bytes("two"), "600")).isTrue();
    assertThat(files.remove(own)).isTrue();
    assertThat(machine.bySudo()).isEmpty();

    // A directory that belongs to whoever runs the tests.
    Path others = Files.createDirectory(machine.root().resolve("others"));
    assumeTrue(says("[ -O ../others ] || echo no").equals("no\n"));
    machine.confFile("../others/file", "text");
    assertThat(files.read(others + "/file"))
        .map(read -> new String(read, StandardCharsets.UTF_8))
        .isEqualTo(Optional.of("text"));
    assertThat(machine.bySudo()).isNotEmpty();
    assertThatThrownBy(() -> files.write(others + "/file", bytes("more"), "600"))
        .hasMessageContaining("the file is as it was");
    assertThat(others.resolve("file")).hasContent("text");
  }

  @Test
  void aJobOfRootsIsAJob() {
    machine.notRoot();
    DetachedJob job = new DetachedJob(machine, "m-1", "job", "a job");
    job.launch(AsRoot.job("echo \"$HOME\"; as_root echo it\\'s in; exit 5"));
    assertThat(job.look(Duration.ofSeconds(3)))
        .isEqualTo(
            new DetachedJob.Status(DetachedJob.State.ENDED, 5, machine.home() + "\nit's in\n"));
    assertThat(machine.bySudo()).filteredOn(line -> line.startsWith("-n ")).hasSize(1);
  }

  @Test
  void aForcedCommandHandsOnWhatItsKeysHolderAsks() {
    String command = "sh -c 'echo $SSH_ORIGINAL_COMMAND'";
    assertThat(AsRoot.forcedAsking("root", command)).isEqualTo(command);
    assertThat(AsRoot.forced("root", command)).isEqualTo(command);
    assertThat(AsRoot.forced("pryv", command)).isEqualTo("sudo -n " + command);
    machine.notRoot();
    assertThat(
            says(
                "export SSH_ORIGINAL_COMMAND='rsync --server; id'\nsh -c "
                    + Quote.sh(AsRoot.forcedAsking("pryv", command))))
        .isEqualTo("rsync --server; id\n");
  }

  private String says(String script) {
    return machine.run(Command.look("say", script)).output();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
