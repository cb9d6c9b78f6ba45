package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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

  @Test
  void aWorkerThatStillAnswersIsWaitedForButNotForEver() throws Exception {
    assertThat(nginx.awaitOldWorkers(Duration.ofSeconds(1))).isTrue();
    reading(
        "(exec -a 'nginx: worker process is shutting down' sleep 4) & echo >>'%s'"
            .formatted(reads));
    nginx.reload();
    await().until(() -> Files.readAllLines(reads).size() == 2);
    assertThat(nginx.awaitOldWorkers(Duration.ofSeconds(1))).isFalse();
    assertThat(nginx.awaitOldWorkers(Duration.ofSeconds(20))).isTrue();
  }

  private void reading(String bash) {
    source.container("reverse_proxy").nginx(bash);
  }
}
