package io.pryv.lab.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pryv.lab.faults.Step.Part;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FaultsPageTest {

  private static final Step STOP = new Step("stopWrites", "Stop writes on source", Part.WINDOW);
  private static final Matrix MATRIX = new Matrix(List.of(STOP));

  @Test
  void aCellThatHoldsTellsItsOutcomeAndOutage() {
    assertThat(page(result(List.of())))
        .contains(
            "| Stop writes on source | program killed during | moved | 10900 | 9100 | 28100 | 18.4 | 1 |")
        .contains("(1 hold, 0 do not");
  }

  @Test
  void aCellThatDoesNotHoldSaysWhyInOneCellOfTheTable() {
    assertThat(page(result(List.of("2 lost | gone\nfor ever"))))
        .contains("| **does not hold**: 2 lost \\| gone for ever | 10900 |")
        .contains("(0 hold, 1 do not");
  }

  @Test
  void aCellThatIsNotRunSaysWhy() {
    assertThat(page(result(List.of())))
        .contains(
            "| Stop writes on source | dest's disk full | cannot happen: the step writes nothing")
        .contains("| Stop writes on source | ssh connection cut | *not run yet* |");
  }

  @Test
  void aResultIsReadAsItWasWritten() throws JsonProcessingException {
    Result result = result(List.of("a problem"));
    assertThat(Result.fromJson(new ObjectMapper().readTree(Result.toJson(List.of(result)))))
        .containsExactly(Map.entry(result.cell(), result));
  }

  private static String page(Result result) {
    return FaultsPage.of(
        MATRIX, Map.of(result.cell(), result), new ObjectMapper().createArrayNode());
  }

  private static Result result(List<String> problems) {
    return new Result(
        new Cell(STOP, Fault.KILLED_DURING).id(),
        "moved",
        problems,
        10900,
        9100,
        28100,
        18_443,
        1,
        List.of(),
        "2026-01-31",
        "0123abc");
  }
}
