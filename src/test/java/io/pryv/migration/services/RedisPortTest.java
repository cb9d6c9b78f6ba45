package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RedisPortTest {

  private static final String COMPOSE =
      """
      version: '2'

      services:

        redis:
          image: "pryv/redis:1.3.40"
          restart: always
          # The slave's Redis follows over the private address.
          ports:
            - "10.90.0.12:6379:6379"
      """;

  private final PracticePlatform lab = new PracticePlatform();
  private Path compose;

  @BeforeEach
  void stopped() {
    compose = lab.dest.shell().confFile("reg-master.yml", COMPOSE);
    lab.dest
        .container("redis")
        .field("{{json .HostConfig.PortBindings}}", bound("10.90.0.12"))
        .onCreate(
            """
            printf '{{json .HostConfig.PortBindings}}\\t%%s\\n' '%s' >"$SANDBOX/docker/$CONTAINER/fields"
            echo always >"$SANDBOX/docker/$CONTAINER/policy"
            """
                .formatted(
                    "{\"6379/tcp\":[{\"HostIp\":\"10.90.0.12\",\"HostPort\":\"6379\"},"
                        + "{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"6379\"}]}"));
    lab.containers(lab.dest).holdDownAndStop();
  }

  @AfterEach
  void remove() {
    lab.close();
  }

  @Test
  void thePortIsPublishedAndTheContainerMadeAnewWithoutBeingStarted() throws Exception {
    String diff = port().publish();
    assertThat(diff).contains("+").contains("127.0.0.1:6379:6379");
    assertThat(Files.readString(compose)).contains("\"127.0.0.1:6379:6379\"");
    assertThat(lab.dest.container("redis").running()).isFalse();
    assertThat(lab.dest.container("redis").restartPolicy()).isEqualTo("no");
    int changes = lab.changes();
    assertThat(port().publish()).isEmpty();
    assertThat(lab.changes()).isEqualTo(changes);
  }

  @Test
  void aDestThatWasNeverLaunchedGetsThePortWithItsLaunch() throws Exception {
    lab.containers(lab.dest).remove();
    assertThat(lab.containers(lab.dest).look()).isEmpty();
    assertThat(port().publish()).contains("127.0.0.1:6379:6379");
    assertThat(lab.containers(lab.dest).look()).isEmpty();
    assertThat(Files.readString(compose)).contains("\"127.0.0.1:6379:6379\"");
  }

  @Test
  void aDestThatRunsIsStoppedBeforeItsContainerIsMadeAnew() {
    lab.containers(lab.dest).start();
    lab.dest.container("redis").field("{{json .HostConfig.PortBindings}}", bound("10.90.0.12"));
    assertThat(lab.dest.container("redis").running()).isTrue();
    port().publish();
    assertThat(lab.dest.container("redis").running()).isFalse();
    assertThat(lab.dest.container("redis").restartPolicy()).isEqualTo("no");
  }

  @Test
  void aFileWithoutRedisIsNotTouched() throws Exception {
    Files.writeString(compose, "version: '2'\nservices:\n  dns:\n    restart: always\n");
    assertThatThrownBy(() -> port().publish())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("dest: " + compose);
    assertThat(Files.readString(compose)).doesNotContain("6379");
  }

  @Test
  void aContainerThatDoesNotGetThePortIsAFailure() {
    lab.dest.container("redis").onCreate("true");
    assertThatThrownBy(() -> port().publish())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("6379 bound to 127.0.0.1");
  }

  private static String bound(String address) {
    return "{\"6379/tcp\":[{\"HostIp\":\"" + address + "\",\"HostPort\":\"6379\"}]}";
  }

  private RedisPort port() {
    return new RedisPort(
        lab.dest.register(),
        lab.shell(lab.dest),
        lab.hands.files(lab.dest.shell().machine()),
        lab.containers(lab.dest));
  }
}
