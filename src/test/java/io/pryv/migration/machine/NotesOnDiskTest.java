package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.platform.Machine;
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
