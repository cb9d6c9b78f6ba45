package io.pryv.migration.replication;

import io.pryv.migration.machine.StubDocker;

/** An nginx and a register in containers, as far as they are looked at for where requests go. */
final class NginxStub {

  private NginxStub() {}

  /** The register of the 2018–2019 layout, its nginx running with that configuration. */
  static void in(StubDocker docker, String configuration) {
    docker
        .container("pryv_register_1")
        .field(
            "{{.Name}} {{index .Config.Labels \"com.docker.compose.service\"}} {{range"
                + " .NetworkSettings.Networks}}{{.IPAddress}} {{range .Aliases}}{{.}}"
                + " {{end}}{{end}}",
            "/pryv_register_1 register 172.18.0.9 register ")
        .field(
            "{{range $port, $bound := .NetworkSettings.Ports}}{{range"
                + " $bound}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}",
            "");
    docker
        .container("pryv_reverse_proxy_1")
        .top("  PID ELAPSED COMMAND\n  123 0 nginx: worker process\n")
        .program("nginx", "printf '%s' '" + configuration + "'");
  }
}
