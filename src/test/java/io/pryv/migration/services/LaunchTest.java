package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.StepFailure;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LaunchTest {

  private final PracticePlatform lab = new PracticePlatform();

  @AfterEach
  void remove() {
    lab.close();
  }

  @Test
  void servicesThatDoNotRunAreStartedOnceAndProven() {
    lab.dest.container("dns").stopped();
    lab.dest.container("register").stopped();
    lab.dest.container("register").log("listening on port 9000\n");
    Launch.Launched launched = launch().launch();
    assertThat(launched.alreadyUp()).isFalse();
    assertThat(launched.containers()).allSatisfy(c -> assertThat(c.running()).isTrue());
    assertThat(launched.markdown())
        .contains("| pryv_dns_1 | running | always |")
        .contains("HTTPS on 127.0.0.1")
        .contains("listening on port 9000");
    int changes = lab.changes();
    assertThat(launch().launch().alreadyUp()).isTrue();
    assertThat(lab.changes()).isEqualTo(changes);
  }

  @Test
  void aServiceThatDiesAndComesBackIsNotTakenForARunningOne() {
    lab.dest.container("register").log("READONLY You can't write against a read only replica.\n");
    assertThatThrownBy(() -> launch().launch())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("READONLY")
        .hasMessageContaining("although `docker ps` says Up");
  }

  @Test
  void aServiceWithoutContainerIsNamed() {
    lab.dest
        .shell()
        .confFile(
            "reg-master.yml", "services:\n  redis:\n    restart: always\n  ghost:\n    a: b\n");
    assertThatThrownBy(() -> launch().launch())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("not running: ghost");
  }

  private Launch launch() {
    return new Launch(
        lab.dest.register(), lab.shell(lab.dest), lab.containers(lab.dest), lab.signs);
  }
}
