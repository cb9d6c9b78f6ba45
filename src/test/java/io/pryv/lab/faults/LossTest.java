package io.pryv.lab.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.lab.faults.Step.Part;
import io.pryv.lab.traffic.CheckLedger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LossTest {

  private static final Instant CUT = Instant.parse("2026-01-31T10:00:00Z");
  private static final Map<String, String> RUN_IDS = Map.of("s", Lab.SOURCE, "d", Lab.DEST);

  @TempDir Path directory;

  @Test
  void whatTheCutMachineTookRightBeforeIsLostByEverysec() throws IOException {
    assertThat(lost("s", CUT.minusMillis(1900), Optional.empty()).byEverysec())
        .containsExactly("name");
  }

  @Test
  void whatItTookLongerAgoIsExcusedByNothing() throws IOException {
    assertThat(lost("s", CUT.minusMillis(2100), Optional.empty()).names()).containsExactly("name");
  }

  @Test
  void whatTheOtherMachineTookIsExcusedByNothing() throws IOException {
    assertThat(lost("d", CUT.minusMillis(100), Optional.empty()).names()).containsExactly("name");
  }

  @Test
  void whatTheNextWriterWasElectedWithIsExcusedByNothing() throws IOException {
    Instant acknowledged = CUT.minusMillis(900);
    assertThat(lost("s", acknowledged, Optional.of(CUT.minusMillis(500))).names())
        .containsExactly("name");
    assertThat(lost("s", acknowledged, Optional.of(CUT.plusMillis(500))).byEverysec())
        .containsExactly("name");
  }

  private Loss lost(String runId, Instant acknowledged, Optional<Instant> destElected)
      throws IOException {
    Path ledger = directory.resolve("ledger.tsv");
    Files.writeString(
        ledger,
        "kept\tkept@pryv.lab\t%1$s\t%2$s\t%1$s\nname\tname@pryv.lab\t%1$s\t%2$s\t%1$s\n"
            .formatted(acknowledged, runId));
    Step step = new Step("switchOver", "Switch from source to dest", Part.SWITCH);
    return Loss.of(
        new CheckLedger.Result(2, List.of("name")),
        ledger,
        RUN_IDS,
        List.of(new PowerCut(new Cell(step, Fault.POWER_CUT), Lab.SOURCE, CUT, CUT, CUT)),
        (machine, after) -> machine.equals(Lab.DEST) ? destElected : Optional.empty());
  }
}
