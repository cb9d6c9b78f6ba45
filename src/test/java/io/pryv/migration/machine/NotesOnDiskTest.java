package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NotesOnDiskTest {

  private final SandboxShell machine = SandboxShell.of(Machine.Role.SOURCE);

  @AfterEach
  void remove() {
    machine.close();
  }

  @Test
  void aNoteOutlastsAPowerCut() {
    try (CutDisk disk = CutDisk.at(machine.home())) {
      Notes notes = new Notes(machine, "m1");
      notes.put("done", "before");
      notes.put("done", "now");
      disk.cut();
      assertThat(notes.read("done")).contains("now");
    }
  }

  @Test
  void whatWasDroppedStaysAway() {
    try (CutDisk disk = CutDisk.at(machine.home())) {
      Notes notes = new Notes(machine, "m1");
      notes.put("done", "before");
      notes.put("other", "still");
      notes.drop("done");
      disk.cut();
      assertThat(notes.has("done")).isFalse();
      assertThat(notes.read("other")).contains("still");
    }
  }

  @Test
  void soDoesAllOfAMigrationThatIsOver() {
    try (CutDisk disk = CutDisk.at(machine.home())) {
      Notes notes = new Notes(machine, "m1");
      notes.put("done", "before");
      assertThat(notes.remove()).isTrue();
      disk.cut();
      assertThat(notes.remove()).isFalse();
    }
  }

  /** Else files that have changed since would count as proven. */
  @Test
  void soDoesAProofThatHoldsNoMore() throws IOException {
    try (CutDisk disk = CutDisk.at(machine.home())) {
      Path data = Files.createDirectory(machine.home().resolve("data"));
      ProvenData proven = new ProvenData(machine, data.toString(), "m1");
      proven.note();
      proven.require();
      proven.forget();
      disk.cut();
      assertThatThrownBy(proven::require).hasMessageContaining("that proof was never made");
    }
  }

  @Test
  void soDoesALease() {
    try (CutDisk disk = CutDisk.at(machine.home())) {
      LeaseHolder holder = new LeaseHolder("m1", "a1", 1, 10, "pryv.example", "program");
      LeasedShells.ofStep(asked -> machine, holder, taken -> true)
          .to(machine.machine())
          .run(Command.change("touch it", "true"));
      disk.cut();
      assertThat(new LeaseFile(machine).look().lease().orElseThrow().holder()).isEqualTo(holder);
    }
  }
}
