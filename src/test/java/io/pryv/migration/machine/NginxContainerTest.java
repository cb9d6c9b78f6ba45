package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NginxContainerTest {

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final NginxContainer nginx =
      new NginxContainer(source.shell(), source.register().layout());
  private Path reads;

  @BeforeEach
  void nginxRuns() {
    reads = source.shell().root().resolve("nginx-has-read");
    source.container("reverse_proxy").stopped();
    reading("echo >>'%s'".formatted(reads));
    source
        .shell()
        .run(Command.change("start nginx", "docker start pryv_reverse_proxy_1"))
        .orFail("");
  }

  @AfterEach
  void remove() {
    source.close();
  }

  @Test
  void aWorkerThatBeginsLateIsWaitedFor() throws Exception {
    reading("sleep 1; echo >>'%s'".formatted(reads));
    nginx.replaceWorkers();
    assertThat(Files.readAllLines(reads)).as("at its start, and before a worker began").hasSize(2);
  }

  @Test
  void anNginxThatRefusesItsFilesIsTold() {
    reading("false");
    assertThatThrownBy(nginx::replaceWorkers)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("nginx has begun no new worker: it did not take its files");
  }

  private void reading(String bash) {
    source.container("reverse_proxy").nginx(bash);
  }
}
