package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.platform.Machine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StubDockerTest {

  private final SandboxShell machine = SandboxShell.of(Machine.Role.SOURCE);
  private StubDocker docker;

  @BeforeEach
  void startRegister() {
    docker = new StubDocker(machine).register();
  }

  @AfterEach
  void remove() {
    machine.close();
  }

  @Test
  void stopContainersStopsEveryContainerOfTheHostAndRunRegMasterStartsOnlyItsOwn() {
    docker.container("webshop");
    assertThat(printed("cd \"$SANDBOX/pryv\" && ./stop-containers | wc -l")).isEqualTo("6");
    assertThat(printed("docker ps -q")).isEmpty();
    printed("cd \"$SANDBOX/pryv\" && ./run-reg-master");
    assertThat(docker.container("webshop").running()).isFalse();
    assertThat(docker.container("pryv_redis_1").running()).isTrue();
    assertThat(docker.calls()).contains("docker-compose -f reg-master.yml up -d");
  }

  @Test
  void stoppingNothingIsAnError() {
    CommandResult result =
        machine.run(Command.change("stop", "docker stop $(docker ps -q --filter name=nobody)"));
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.errors()).contains("requires at least 1 argument");
  }

  @Test
  void inspectFillsInStatePolicyLabelsAndAddress() {
    docker.container("pryv_dns_1").stopped().address("10.1.2.3");
    printed("docker update --restart=no pryv_dns_1 pryv_redis_1");
    assertThat(
            printed(
                "docker inspect -f '{{.Name}} {{.State.Running}} {{.HostConfig.RestartPolicy.Name}}"
                    + " {{index .Config.Labels \"com.docker.compose.service\"}}"
                    + " {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' pryv_dns_1"))
        .isEqualTo("/pryv_dns_1 false no dns 10.1.2.3");
    assertThat(docker.container("pryv_redis_1").restartPolicy()).isEqualTo("no");
  }

  @Test
  void psFiltersByProjectAndFormats() {
    docker.container("webshop");
    docker.container("pryv_mail_1").stopped();
    assertThat(
            printed(
                "docker ps -a --filter label=com.docker.compose.project=pryv"
                    + " --format '{{.Names}} {{.State}} {{.Label"
                    + " \"com.docker.compose.service\"}}'"))
        .isEqualTo(
            """
            pryv_dns_1 running dns
            pryv_mail_1 exited mail
            pryv_redis_1 running redis
            pryv_register_1 running register
            pryv_reverse_proxy_1 running reverse_proxy""");
  }

  @Test
  void execRunsTheContainersOwnProgramsOnlyWhileItRuns() {
    docker.container("pryv_redis_1").program("redis-cli", "echo \"$CONTAINER says $*\"");
    assertThat(printed("docker exec pryv_redis_1 redis-cli ping"))
        .isEqualTo("pryv_redis_1 says ping");
    printed("docker-compose -f \"$SANDBOX/pryv/reg-master.yml\" stop redis");
    assertThat(machine.run(Command.look("", "docker exec pryv_redis_1 redis-cli ping")).exitCode())
        .isEqualTo(1);
    assertThat(docker.container("pryv_dns_1").running()).isTrue();
  }

  @Test
  void aTemplateItDoesNotKnowIsAnError() {
    CommandResult result =
        machine.run(Command.look("", "docker inspect -f '{{.Nonsense}}' pryv_dns_1"));
    assertThat(result.exitCode()).isEqualTo(64);
  }

  private String printed(String script) {
    return machine.run(Command.change("test", script)).orFail("look");
  }
}
