package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusedWriteTest {

  private static final String LOG =
      """
      1718000000.123 192.0.2.7 POST /user 500 newcomer
      1718000000.456 192.0.2.8 POST /User/ 502 -
      1718000001.000 2001:db8::1 PUT /a b/c 502 -
      something else
      """;

  @Test
  void tellsWhoIsToBeHelpedAndHow() {
    List<RefusedWrite> refused = RefusedWrite.parse(LOG);

    assertThat(refused)
        .first()
        .isEqualTo(
            new RefusedWrite(
                Instant.parse("2024-06-10T06:13:20.123Z"),
                "192.0.2.7",
                "POST",
                "/user",
                500,
                "newcomer"));
    assertThat(refused).extracting(RefusedWrite::creationOnCore).containsExactly(true, true, false);
    assertThat(RefusedWrite.markdown(refused))
        .contains("| POST /user | 500 | newcomer | see on the core")
        .contains("| POST /User/ | 502 | not told | see on the core")
        .contains("| PUT /a b/c | 502 | not told | the client has to ask again |");
    assertThat(RefusedWrite.markdown(List.of())).startsWith("No write was refused");
  }
}
