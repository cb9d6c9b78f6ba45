package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.FakeHttps;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProxyProofTest {

  private final SandboxRegister dest = new SandboxRegister(SandboxShell.of(Role.DEST));
  private final FakeHttps https = new FakeHttps();
  private Path log;

  @BeforeEach
  void dest() {
    log = dest.shell().confFile("reg-master/nginx/log/access.log", "");
    https.answers(
        "127.0.0.1",
        path -> {
          logged(path);
          return "{\"reserved\": true}";
        });
  }

  @AfterEach
  void remove() {
    dest.close();
  }

  @Test
  void theProbeIsFoundInDestsLog() {
    assertThat(proof().prove("probe-1"))
        .contains("GET /wactiv/check_username?probe=probe-1 HTTP/1.1");
    assertThat(https.requests())
        .containsExactly("reg.pryv.lab/wactiv/check_username?probe=probe-1");
  }

  @Test
  void anAnswerThatDestDidNotGiveProvesNothing() {
    https.answers("127.0.0.1", "{\"reserved\":true}");
    assertThatThrownBy(() -> proof().prove("probe-2"))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("source answered by itself")
        .hasMessageContaining(log.toString());
  }

  @Test
  void aWrongAnswerIsToldWithItsStatus() {
    https.answers("127.0.0.1", "404 not found");
    assertThatThrownBy(() -> proof().prove("probe-3"))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("status 404: not found");
  }

  private void logged(String path) {
    try {
      Files.writeString(
          log,
          "10.90.0.11 - - [22/Nov/2026:16:00:00 +0000] \"GET " + path + " HTTP/1.1\" 200 17\n",
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ProxyProof proof() {
    return new ProxyProof(
        dest.shell().machine(),
        dest.register(),
        new SandboxHands(dest.shell()).on(dest.shell().machine()),
        https,
        "pryv.lab");
  }
}
