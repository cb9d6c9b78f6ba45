package io.pryv.migration.preflight;

import io.pryv.migration.machine.LeaseHolder;
import io.pryv.migration.platform.LayoutDetails;
import io.pryv.migration.platform.Machine;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Surveys as they come from a machine where everything is right, for tests of what follows. */
final class Surveys {

  /** The migration that looks. */
  static final LeaseHolder US =
      new LeaseHolder("0b8f3c1e", "app", 3, 118, "pryv.example", "control pid 77");

  static final Instant BEGAN = Instant.parse("2026-01-01T12:00:00Z");
  static final Instant ENDED = BEGAN.plusSeconds(2);

  private final Map<String, String> facts = new HashMap<>();
  private final Machine.Role role;
  private LayoutDetails told = LayoutDetails.NONE;
  private String confRoot = "/var/pryv";

  private Surveys(Machine.Role role) {
    this.role = role;
  }

  static Surveys of(Machine.Role role) {
    return new Surveys(role)
        .fact("clock.begin", "1767268801.000000000")
        .fact("clock.end", "1767268801.500000000")
        .fact("user", "root")
        .fact("uid", "0")
        .fact("bash", "GNU bash, version 5.2.15")
        .fact(
            "tools",
            """
            docker
            docker-compose
            rsync
            ssh
            ssh-keygen
            ssh-keyscan
            base64
            sha256sum
            setsid
            timeout
            stat
            find
            mktemp
            readlink
            flock
            ps
            awk
            sed
            grep
            """)
        .fact("rsync", "rsync  version 3.1.3  protocol version 31")
        .fact("rrsync", "/usr/bin/rrsync")
        .fact("ssh", "OpenSSH_7.9p1 Debian-10+deb10u2, OpenSSL 1.1.1n  15 Mar 2022")
        .fact("docker", "18.09.1")
        .fact("compose.v1", "1.21.0")
        .fact("sshd", "allowtcpforwarding yes\npubkeyauthentication yes")
        .fact("root", "/var/pryv")
        .fact("root.writable", "yes")
        .script("run-reg-master", "docker-compose -f reg-master.yml up -d")
        .script("stop-containers", "docker stop $(docker ps -a -q)")
        .fact("images", "pryv/redis:1.2.13 sha256:1\npryv/dns:latest sha256:2");
  }

  Surveys fact(String name, String value) {
    facts.put(name, value);
    return this;
  }

  Surveys without(String... names) {
    List.of(names).forEach(facts::remove);
    return this;
  }

  Surveys script(String name, String text) {
    return fact("script." + name, "#!/bin/bash\n" + text + "\n").fact("executable." + name, "yes");
  }

  Surveys container(
      String name, String status, String project, String service, String directory, String mounts) {
    return fact(
        "containers",
        facts.getOrDefault("containers", "")
            + "/%s|%s|%s|%s|%s|sha256:1|%s%n"
                .formatted(name, status, project, service, directory, mounts));
  }

  Surveys told(LayoutDetails details) {
    told = details;
    return this;
  }

  Surveys confRoot(String path) {
    confRoot = path;
    return fact("root", path);
  }

  Survey survey() {
    String name = role.name().toLowerCase(Locale.ROOT).replace('_', '-');
    Machine machine =
        new Machine(role, name, "192.0.2.1", 22, "root", "/key", confRoot, "192.0.2.1", told);
    return new Survey(machine, new Facts(Map.copyOf(facts)), BEGAN, ENDED);
  }
}
