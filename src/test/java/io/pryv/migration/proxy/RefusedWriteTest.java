package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.machine.AccessLogFormat;
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

  @Test
  void theAccessLogTellsWhichWritesFailedInTheWindow() {
    String log =
        """
        192.0.2.7 - - [10/Jun/2024:06:13:19 +0000] "POST /user HTTP/1.1" 500 17 "-" "curl"
        192.0.2.7 - - [10/Jun/2024:08:13:20 +0200] "POST /user HTTP/1.1" 500 17 "-" "curl"
        2001:db8::1 - reg [10/Jun/2024:06:13:21 +0000] "PUT /users/x/y HTTP/2.0" 502 17 "-" "-"
        192.0.2.8 - - [10/Jun/2024:06:13:21 +0000] "POST /user HTTP/1.1" 200 17 "-" "curl"
        192.0.2.8 - - [10/Jun/2024:06:13:21 +0000] "GET /x/server HTTP/1.1" 500 17 "-" "curl"
        192.0.2.9 - - [an hour ago] "DELETE /x HTTP/1.1" 503 0 "-" "curl"
        \\x16\\x03\\x01 " 400
        """;
    List<RefusedWrite> refused =
        RefusedWrite.ofAccessLog(
            log.lines().toList(),
            AccessLogFormat.combined(),
            Instant.parse("2024-06-10T06:13:20.999Z"));

    assertThat(refused)
        .extracting(RefusedWrite::client)
        .containsExactly("192.0.2.7", "2001:db8::1", "192.0.2.9");
    assertThat(refused)
        .extracting(RefusedWrite::creationOnCore)
        .containsExactly(true, false, false);
    assertThat(RefusedWrite.markdown(refused))
        .contains("| 2024-06-10T06:13:20Z | 192.0.2.7 | POST /user | 500 | not told | see on the")
        .contains("| unknown | 192.0.2.9 | DELETE /x | 503 |");
    assertThat(RefusedWrite.markdown(java.util.Collections.nCopies(53, refused.get(0))))
        .endsWith("\nand 3 more\n")
        .satisfies(text -> assertThat(text.lines()).hasSize(2 + 50 + 2));
  }
}
