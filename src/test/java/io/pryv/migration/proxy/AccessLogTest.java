package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine.Role;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessLogTest {

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final Path log = Path.of(source.register().layout().accessLog());

  @AfterEach
  void remove() {
    source.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5_001, 12_000, 40_000})
  void everyWriteThatFailedIsListedHoweverMuchIsReadBesides(int failed) throws IOException {
    write(failed, 30_000);

    AccessLog.Failed found = look();

    assertThat(found.writes()).hasSize(failed);
    assertThat(found.cut()).isFalse();
    assertThat(found.note()).isEmpty();
    assertThat(found.writes().get(0).uri()).isEqualTo("/user?n=0");
  }

  @Test
  void oneThatIsCutSaysSo() throws IOException {
    write(AccessLog.MOST_WRITES + 2, 0);

    AccessLog.Failed found = look();

    assertThat(found.writes()).hasSize(AccessLog.MOST_WRITES);
    assertThat(found.cut()).isTrue();
    assertThat(found.note()).contains("the last 40,000", "more writes fail before");
    assertThat(found.writes().get(0).uri()).isEqualTo("/user?n=2");
  }

  @Test
  void whatFailedBeforeTheWindowCutsNothing() throws IOException {
    try (BufferedWriter out = open()) {
      for (int i = 0; i < AccessLog.MOST_WRITES; i++) {
        out.write(line("28/Nov/2026", "POST /user", 500));
      }
      out.write(line("29/Nov/2026", "POST /user", 500));
    }
    assertThat(look().writes()).hasSize(1);
    assertThat(look().cut()).isFalse();
  }

  private AccessLog.Failed look() {
    return new AccessLog(source.shell(), source.register().layout())
        .failedWrites(Instant.parse("2026-11-29T00:00:00Z"));
  }

  private void write(int failed, int readsBetween) throws IOException {
    try (BufferedWriter out = open()) {
      for (int i = 0; i < failed; i++) {
        out.write(line("29/Nov/2026", "POST /user?n=" + i, 500));
        for (int reads = 0; reads < readsBetween / failed; reads++) {
          out.write(line("29/Nov/2026", "GET /wactiv/check_username", 200));
        }
      }
    }
  }

  private BufferedWriter open() throws IOException {
    Files.createDirectories(log.getParent());
    return Files.newBufferedWriter(log);
  }

  private static String line(String day, String request, int status) {
    return "203.0.113.9 - - [%s:12:00:00 +0000] \"%s HTTP/1.1\" %d 87 \"https://app.pryv.lab/\" \"%s\"\n"
        .formatted(day, request, status, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0)");
  }
}
