package io.pryv.lab.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class TenureTest {

  @Test
  void seesOneWriterAfterTheOther() {
    List<Tenure> tenures = Tenure.of(List.of(write(3, 5, "dest"), write(1, 2, "source")));
    assertThat(tenures).extracting(Tenure::runId).containsExactly("source", "dest");
    assertThat(tenures).noneMatch(Tenure::interleaved);
  }

  @Test
  void allowsALateAnswerToAWriteSentBeforeTheSwitch() {
    assertThat(
            Tenure.of(List.of(write(1, 2, "source"), write(3, 9, "source"), write(4, 5, "dest"))))
        .noneMatch(Tenure::interleaved);
  }

  @Test
  void provesTwoWriters() {
    List<Tenure> tenures =
        Tenure.of(List.of(write(1, 2, "source"), write(3, 4, "dest"), write(5, 6, "source")));
    assertThat(tenures).extracting(Tenure::interleaved).containsExactly(true, false);
    assertThat(tenures).extracting(Tenure::writes).containsExactly(2, 1);
  }

  @Test
  void tellsAReturnFromTwoWritersByTheNumberOfHandOvers() {
    List<Tenure.Write> back =
        List.of(
            write(1, 2, "source"),
            write(3, 9, "source"),
            write(4, 5, "dest"),
            write(6, 7, "dest"),
            write(10, 11, "source"));
    assertThat(Tenure.handOvers(back)).containsExactly("source", "dest", "source");
    List<Tenure.Write> two = new java.util.ArrayList<>(back);
    two.add(write(12, 13, "dest"));
    assertThat(Tenure.handOvers(two)).hasSize(4);
    assertThat(Tenure.handOvers(List.of())).isEmpty();
  }

  private static Tenure.Write write(int sent, int acknowledged, String runId) {
    return new Tenure.Write(
        Instant.ofEpochSecond(sent), Instant.ofEpochSecond(acknowledged), runId);
  }
}
