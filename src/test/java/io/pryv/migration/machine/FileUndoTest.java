package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.platform.Machine.Role;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FileUndoTest {

  private final SandboxShell source = SandboxShell.of(Role.SOURCE);
  private final SandboxHands hands = new SandboxHands(source);
  private final RemoteFiles files = hands.files(source.machine());
  private final FileUndo undo = new FileUndo("source", files, hands.journal());

  @AfterEach
  void remove() {
    source.close();
  }

  @Test
  void anEditIsTakenBackToTheByteAndOnlyOnce() throws Exception {
    Path site = source.confFile("site.conf", "old\r\nwithout newline at the end");
    write(site, "new\n");
    assertThat(undo.edited(site.toString())).isTrue();
    assertThat(undo.undo(site.toString())).isTrue();
    assertThat(site).hasContent("old\r\nwithout newline at the end");
    assertThat(Files.readString(site)).isEqualTo("old\r\nwithout newline at the end");
    assertThat(undo.edited(site.toString())).isFalse();
    assertThat(undo.undo(site.toString())).isFalse();
  }

  @Test
  void severalEditsAreTakenBackTogether() throws Exception {
    Path site = source.confFile("site.conf", "one\n");
    write(site, "two\n");
    write(site, "three\n");
    undo.undo(site.toString());
    assertThat(Files.readString(site)).isEqualTo("one\n");
  }

  @Test
  void aFileThatWeMadeGoesAway() {
    Path made = source.confRoot().resolve("made.conf");
    write(made, "ours\n");
    assertThat(undo.undo(made.toString())).isTrue();
    assertThat(made).doesNotExist();
    assertThat(undo.undo(made.toString())).isFalse();
  }

  @Test
  void anEditMadeAgainAfterAnUndoIsTakenBackToWhatItFound() throws Exception {
    Path site = source.confFile("site.conf", "one\n");
    write(site, "proxied\n");
    undo.undo(site.toString());
    Files.writeString(site, "the operator's\n");
    write(site, "proxied again\n");
    undo.undo(site.toString());
    assertThat(Files.readString(site)).isEqualTo("the operator's\n");
  }

  @Test
  void anEditThatWasJournalledAndNeverMadeChangesNothing() throws Exception {
    Path site = source.confFile("site.conf", "one\n");
    hands
        .journal()
        .willEdit(
            "source",
            site.toString(),
            "644",
            Optional.of(bytes("one\n")),
            Optional.of(bytes("two\n")));
    assertThat(undo.edited(site.toString())).isFalse();
    assertThat(undo.undo(site.toString())).isFalse();
    assertThat(Files.readString(site)).isEqualTo("one\n");
  }

  @Test
  void whatSomebodyElseAddedSinceIsKept() throws Exception {
    Path site = source.confFile("site.conf", "server old;\n");
    write(site, LineMarks.was("server old;\n") + LineMarks.added("server new;", "\n"));
    Files.writeString(site, Files.readString(site) + "# the operator was here\n");
    assertThat(undo.edited(site.toString())).isTrue();
    undo.undo(site.toString());
    assertThat(Files.readString(site)).isEqualTo("server old;\n# the operator was here\n");
  }

  @Test
  void bytesThatAreNoUtf8AreKept() throws Exception {
    byte[] comment = {'#', ' ', (byte) 0xE8, '\n'};
    Path site = source.confFile("site.conf", "server old;\n");
    write(site, LineMarks.was("server old;\n") + LineMarks.added("server new;", "\n"));
    Files.write(site, comment, StandardOpenOption.APPEND);
    undo.undo(site.toString());
    assertThat(Files.readAllBytes(site))
        .startsWith(bytes("server old;\n"))
        .endsWith(comment)
        .hasSize(16);
  }

  @Test
  void aFileThatWasNeverEditedIsLeftAlone() throws Exception {
    Path site = source.confFile("site.conf", "one\n");
    assertThat(undo.undo(site.toString())).isFalse();
    assertThat(Files.readString(site)).isEqualTo("one\n");
  }

  private void write(Path path, String text) {
    files.write(path.toString(), bytes(text), "644");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
