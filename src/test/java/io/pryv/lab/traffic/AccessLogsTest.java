package io.pryv.lab.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which nginx took a write, in nginx's own words and without any header of a stand-in. */
class AccessLogsTest {
  private static final String SOURCE = "10.90.0.11";
  private static final String DEST = "10.90.0.12";

  @TempDir private Path directory;

  @Test
  void aWriteIsTakenWhereNginxLeadsToItsOwnRegister() throws IOException {
    AccessLogs.Takers takers =
        logs(
                line("10.90.0.1", "POST /user", 200, "w1")
                    + line("10.90.0.1", "POST /user", 200, "w2"),
                line(SOURCE, "POST /user", 200, "w2") + line("10.90.0.1", "POST /user", 200, "w3"))
            .takers(ledger("w1", "w2", "w3"), Map.of());

    assertThat(takers.handOvers()).containsExactly("source", "dest");
    assertThat(takers.tenures()).extracting(Tenure::writes).containsExactly(1, 2);
    assertThat(takers.notFound()).isEmpty();
  }

  @Test
  void aWriteThatDestPassedBackIsSources() throws IOException {
    AccessLogs.Takers takers =
        logs(line(DEST, "POST /user", 200, "w1"), line("10.90.0.1", "POST /user", 200, "w1"))
            .takers(ledger("w1"), Map.of());
    assertThat(takers.handOvers()).containsExactly("source");
  }

  @Test
  void aWriteThatWaitedOnDestAndWentBackIsSources() throws IOException {
    String waited = line(SOURCE, "POST /user", 200, "w2");
    AccessLogs.Takers takers =
        logs(
                line("10.90.0.1", "POST /user", 200, "w1")
                    + line(DEST, "POST /user", 200, "w2")
                    + line("10.90.0.1", "POST /user", 200, "w2")
                    + line(DEST, "POST /user", 200, "w3"),
                line(SOURCE, "POST /user", 200, "w1")
                    + waited
                    + line("10.90.0.1", "POST /user", 200, "w3"))
            .takers(ledger("w1", "w2", "w3"), Map.of("run-w1", "dest", "run-w2", "source"));
    assertThat(takers.handOvers()).containsExactly("dest", "source");
    assertThat(takers.contradictions()).isEmpty();
  }

  @Test
  void twoWritersShow() throws IOException {
    AccessLogs.Takers takers =
        logs(
                line("10.90.0.1", "POST /user", 200, "w1")
                    + line("10.90.0.1", "POST /user", 200, "w3"),
                line("10.90.0.1", "POST /user", 200, "w2"))
            .takers(ledger("w1", "w2", "w3"), Map.of());
    assertThat(takers.tenures()).extracting(Tenure::interleaved).contains(true);
    assertThat(takers.handOvers()).containsExactly("source", "dest", "source");
  }

  @Test
  void aWriteThatNoLogHasAndOneWhoseRedisRanElsewhereAreTold() throws IOException {
    AccessLogs.Takers takers =
        logs(
                line("10.90.0.1", "POST /user", 500, "w1")
                    + line("10.90.0.1", "GET /w2/server", 200, "w2")
                    + line("10.90.0.1", "POST /user", 200, "w3"),
                "")
            .takers(ledger("w1", "w2", "w3"), Map.of("run-w3", "dest"));
    assertThat(takers.notFound()).containsExactly("w1", "w2");
    assertThat(takers.contradictions())
        .containsExactly("w3 was taken on source, by a Redis that ran on dest");
  }

  /** Its nginx passed w2 on to dest, whose log then lost the line; w3 came after the cut. */
  @Test
  void whatAPowerCutMayHaveTakenFromALogProvesNothing() throws IOException {
    String source =
        line("10.90.0.1", "POST /user", 200, "w1")
            + line("10.90.0.1", "POST /user", 200, "w2")
            + line("10.90.0.1", "POST /user", 200, "w3");
    String dest = line(SOURCE, "POST /user", 200, "w1");
    Map<String, String> runs = Map.of("run-w1", "dest", "run-w2", "dest", "run-w3", "dest");
    assertThat(logs(source, dest).takers(ledger("w1", "w2", "w3"), runs).contradictions())
        .hasSize(2);
    AccessLogs.Takers takers =
        logs(source, dest)
            .cut("dest", Instant.parse("2026-11-29T12:00:00.200Z"))
            .takers(ledger("w1", "w2", "w3"), runs);
    assertThat(takers.contradictions())
        .containsExactly("w3 was taken on source, by a Redis that ran on dest");
    assertThat(takers.handOvers()).containsExactly("dest", "source");
  }

  private static AccessLogs logs(String source, String dest) {
    return new AccessLogs().with("source", SOURCE, source).with("dest", DEST, dest);
  }

  private static String line(String client, String request, int status, String user) {
    return "%s - - [29/Nov/2026:12:00:00 +0000] \"%s HTTP/1.1\" %d 54 \"-\" \"lab-traffic/%s\"\n"
        .formatted(client, request, status, user);
  }

  /** Each is sent when the one before it has been acknowledged. */
  private Path ledger(String... users) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < users.length; i++) {
      lines.append(
          "%s\t%1$s@pryv.lab\t2026-11-29T12:00:%02d.500Z\trun-%1$s\t2026-11-29T12:00:%2$02dZ\n"
              .formatted(users[i], i));
    }
    return Files.writeString(directory.resolve("ledger.tsv"), lines);
  }
}
