package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.Journal.FileEdit;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JournalledHandsTest {

  private final SandboxShell machine = SandboxShell.of(Machine.Role.SOURCE);
  private final SandboxHands hands = new SandboxHands(machine);
  private final Shell shell = hands.on(machine.machine());
  private final RemoteFiles files = hands.files(machine.machine());

  @AfterEach
  void remove() {
    machine.close();
  }

  @Test
  void aChangeIsInTheJournalBeforeItRunsAndItsOutcomeAfter() {
    shell.run(Command.look("look", "true"));
    Command change = Command.change("stop", "echo out; echo err >&2; exit 4");
    shell.run(change);
    assertThat(hands.journal().commands())
        .containsExactly(new InMemoryJournal.Ran("source", change, Optional.of(4), "out\nerr"));
  }

  @Test
  void aChangeWhoseOutcomeNobodyKnowsStaysInTheJournal() {
    machine.loseConnectionAfter(Command::changes);
    assertThatThrownBy(() -> shell.run(Command.change("stop", "touch done")))
        .isInstanceOf(ConnectionLost.class);
    assertThat(machine.home().resolve("done")).exists();
    assertThat(hands.journal().commands())
        .singleElement()
        .satisfies(ran -> assertThat(ran.exitCode()).contains(-1));
  }

  @Test
  void aFileIsReplacedWithItsModeAndItsBytesBeforeAreKept() throws IOException {
    Path site = machine.confFile("nginx/site.conf", "old\r\n\u00e9 without final newline");
    Files.setPosixFilePermissions(site, PosixFilePermissions.fromString("rw-r-----"));
    byte[] before = Files.readAllBytes(site);
    byte[] after = new byte[70_000];
    for (int i = 0; i < after.length; i++) {
      after[i] = (byte) (i * 31);
    }
    assertThat(files.write(site.toString(), after, "600")).isTrue();
    assertThat(Files.readAllBytes(site)).isEqualTo(after);
    assertThat(files.read(site.toString())).hasValueSatisfying(b -> assertThat(b).isEqualTo(after));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(site)))
        .isEqualTo("rw-r-----");
    FileEdit edit = hands.journal().edits("source").get(0);
    assertThat(edit.before().orElseThrow()).isEqualTo(before);
    assertThat(edit.after().orElseThrow()).isEqualTo(after);
    assertThat(edit.mode()).isEqualTo("640");
    assertThat(files.write(site.toString(), after, "600")).isFalse();
    assertThat(hands.journal().edits("source")).hasSize(1);
    assertThat(namesIn(site.getParent())).containsExactly("site.conf");
  }

  @Test
  void aFileThatWasNotThereGetsTheModeAskedForAndCanBeRemoved() throws IOException {
    Path key = machine.home().resolve("it's a \"key\"\n$(touch pwned) `x` é");
    assertThat(files.read(key.toString())).isEmpty();
    assertThat(files.write(key.toString(), bytes("a"), "600")).isTrue();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    assertThat(files.remove(key.toString())).isTrue();
    assertThat(key).doesNotExist();
    assertThat(files.remove(key.toString())).isFalse();
    List<FileEdit> edits = hands.journal().edits("source");
    assertThat(edits).hasSize(2);
    assertThat(edits.get(0).after()).isEmpty();
    assertThat(edits.get(0).before().orElseThrow()).isEqualTo(bytes("a"));
    assertThat(edits.get(1).before()).isEmpty();
    assertThat(machine.home().resolve("pwned")).doesNotExist();
  }

  @Test
  void aSymlinkStaysOneAndItsTargetIsReplaced() throws IOException {
    Path target = machine.confFile("real.conf", "old");
    Path link = Files.createSymbolicLink(machine.confRoot().resolve("site.conf"), target);
    assertThat(files.write(link.toString(), bytes("new"), "600")).isTrue();
    assertThat(link).isSymbolicLink().hasContent("new");
    assertThat(target).hasContent("new");
  }

  @Test
  void anEmptyFileIsAFile() throws IOException {
    Path file = machine.confFile("empty", "");
    assertThat(files.read(file.toString())).hasValueSatisfying(b -> assertThat(b).isEmpty());
    assertThat(files.write(file.toString(), bytes("x"), "600")).isTrue();
    assertThat(files.write(file.toString(), new byte[0], "600")).isTrue();
    assertThat(file).isEmptyFile();
    assertThat(files.remove(file.toString())).isTrue();
  }

  @Test
  void somebodyElsesEditInBetweenIsNoticedAndKept() {
    Path site = machine.confFile("site.conf", "old");
    machine.stub(
        "readlink",
        "echo theirs >>" + Quote.sh(site.toString()) + "\nexec /usr/bin/readlink \"$@\"");
    for (Runnable edit :
        List.<Runnable>of(
            () -> files.write(site.toString(), bytes("new"), "600"),
            () -> files.remove(site.toString()))) {
      assertThatThrownBy(edit::run)
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining(site.toString())
          .hasMessageContaining("somebody else is editing it");
    }
    assertThat(site).hasContent("oldtheirs\ntheirs");
  }

  @Test
  void contentThatArrivesDamagedIsNotMovedInPlace() {
    Path site = machine.confFile("site.conf", "old");
    machine.stub("base64", "case $1 in -d) head -c 3 ;; *) exec /usr/bin/base64 \"$@\" ;; esac");
    assertThatThrownBy(() -> files.write(site.toString(), bytes("new content"), "600"))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("arrived with hash");
    assertThat(site).hasContent("old");
    assertThat(namesIn(machine.confRoot())).containsExactly("site.conf");
  }

  @Test
  void aConnectionLostAfterTheWriteLeavesTheEditInTheJournalAndTheRetryFindsItDone() {
    Path site = machine.confFile("site.conf", "old");
    machine.loseConnectionAfter(Command::changes);
    assertThatThrownBy(() -> files.write(site.toString(), bytes("new"), "600"))
        .isInstanceOf(ConnectionLost.class);
    assertThat(hands.journal().edits("source")).hasSize(1);
    machine.loseConnectionAfter(command -> false);
    assertThat(files.write(site.toString(), bytes("new"), "600")).isFalse();
  }

  @Test
  void whatIsNoFileAndWhereThereIsNoDirectoryIsTold() {
    assertThatThrownBy(() -> files.read(machine.confRoot().toString()))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("Is a directory");
    String nowhere = machine.confRoot().resolve("no/such/file").toString();
    assertThat(files.read(nowhere)).isEmpty();
    assertThatThrownBy(() -> files.write(nowhere, bytes("x"), "600"))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining(nowhere)
        .hasMessageContaining("No such file or directory");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> namesIn(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
