package io.pryv.migration.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.platform.ComposeServices;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine.Role;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class MachineChecksTest {

  private static final Layout LAYOUT =
      new Layout(
          "docker-compose",
          "/var/pryv/reg-master.yml",
          "pryv",
          "/var/pryv/run-reg-master",
          "/var/pryv/stop-containers",
          "/var/pryv/reg-master/redis/data",
          "9999:9999",
          "/var/pryv/reg-master/redis/conf/redis.conf",
          "/var/pryv/reg-master/nginx/conf",
          "/var/pryv/reg-master/nginx/conf/site.conf",
          "",
          "pryv_redis_1",
          "pryv_nginx_1",
          "pryv_register_1",
          "pryv_dns_1",
          "");

  @ParameterizedTest
  @EnumSource(Role.class)
  void aMachineInOrderPassesEverything(Role role) {
    assertThat(check(up(Surveys.of(role))))
        .allSatisfy(finding -> assertThat(finding.level()).isEqualTo(Finding.Level.PASS));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "docker; Got permission denied while trying to connect; docker as root; a docker daemon that"
            + " this user may use; permission denied; group docker",
        "docker; ''; docker as root; a docker daemon; no docker; start docker",
        "rsync; rsync  version 3.0.9  protocol version 30; rsync --version; 3.1 or newer; 3.0.9;"
            + " install a newer rsync",
        "ssh; OpenSSH_7.1p2 Debian-1, OpenSSL 1.0.2; ssh -V; OpenSSH 7.2 or newer; 7.1p2; install",
        "ssh; Dropbear v2022.83; ssh -V; OpenSSH 7.2 or newer; Dropbear; install",
        "sshd; allowtcpforwarding no; sshd_config; AllowTcpForwarding yes; no; reload sshd",
        "sshd; allowtcpforwarding remote; sshd_config; AllowTcpForwarding yes; remote; reload",
        "sshd; disableforwarding yes; sshd_config; AllowTcpForwarding yes; yes; reload sshd",
        "sshd; pubkeyauthentication no; sshd_config; PubkeyAuthentication yes; no; log in by key",
        "tools; rsync; tools; docker, rsync; missing: awk, base64, docker; install them",
        "compose.v1; ''; docker-compose version; a docker compose that the start script can call;"
            + " none; layout.composeCommand",
        "root.writable; ''; CONF_ROOT /var/pryv; writable for root; not writable; edit the"
            + " platform's files",
        "executable.run-reg-master; ''; /var/pryv/run-reg-master; executable; not executable; 755",
        "executable.stop-containers; ''; /var/pryv/stop-containers; executable; not executable; 755",
        "images; pryv/dns:latest sha256:2; docker images; every image; missing: pryv/redis:1.2.13;"
            + " pull",
        "listening; tcp LISTEN 0 128 0.0.0.0:443 0.0.0.0:*; ports of; free; tcp 0.0.0.0:443; ss",
        "listening; tcp LISTEN 0 128 127.0.0.1:443 0.0.0.0:*; ports of; free; 127.0.0.1:443; ss",
        "listening; tcp LISTEN 0 128 *:443 *:*; ports of; free; tcp *:443; ss",
        "listening; udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:*; ports of; free; udp 0.0.0.0:53; ss",
        "listening; udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*; ports of; free; 127.0.0.53%lo:53;"
            + " systemd-resolved",
        "listening; tcp LISTEN 0 50 [::ffff:127.0.0.1]:6379 *:*; ports of; free; :6379; ss",
        "listening; tcp LISTEN 0 511 127.0.0.1:6379 0.0.0.0:*; ports of; free; 127.0.0.1:6379; ss",
        "clock.end; 1767268794.900000000; clock; at most 5 s off; 5.1 s behind ours; NTP",
      })
  void whatIsWrongOnDestStops(
      String fact, String value, String check, String expected, String found, String next) {
    Surveys dest = Surveys.of(Role.DEST).fact(fact, value);
    if (fact.equals("clock.end")) {
      dest.fact("clock.begin", value);
    }

    assertThat(check(dest))
        .filteredOn(finding -> finding.level() == Finding.Level.STOP)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.machine()).isEqualTo("dest");
              assertThat(finding.check()).contains(check);
              assertThat(finding.expected()).contains(expected);
              assertThat(finding.found()).contains(found);
              assertThat(finding.next()).contains(next);
            });
  }

  @ParameterizedTest
  @CsvSource({
    "tcp LISTEN 0 128 127.0.0.53%lo:53 0.0.0.0:*",
    "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*",
    "tcp LISTEN 0 128 10.8.0.1:6379 0.0.0.0:*"
  })
  void portsOfOtherAddressesAreNoneOfOurBusiness(String listening) {
    assertThat(check(Surveys.of(Role.DEST).fact("listening", listening)))
        .noneMatch(finding -> finding.level() != Finding.Level.PASS);
  }

  @Test
  void portsOfALaunchedDestAreItsOwn() {
    assertThat(
            check(
                up(
                    Surveys.of(Role.DEST)
                        .fact("listening", "tcp LISTEN 0 128 0.0.0.0:443 0.0.0.0:*"))))
        .noneMatch(finding -> finding.level() != Finding.Level.PASS);
  }

  @Test
  void sourceNeedsRrsync() {
    assertThat(check(up(Surveys.of(Role.SOURCE).without("rrsync"))))
        .filteredOn(finding -> finding.level() == Finding.Level.STOP)
        .singleElement()
        .satisfies(finding -> assertThat(finding.check()).isEqualTo("rrsync"));
  }

  @ParameterizedTest
  @EnumSource(Role.class)
  void anotherUserThanRootNeedsSudo(Role role) {
    Surveys pryv = up(Surveys.of(role)).fact("user", "pryv").fact("uid", "1001");
    assertThat(check(pryv.fact("as.root", "yes").fact("processes", "yes")))
        .noneMatch(finding -> finding.level() != Finding.Level.PASS)
        .anyMatch(finding -> finding.check().equals("root by `sudo -n` for pryv"));
    assertThat(check(pryv.without("as.root")))
        .filteredOn(finding -> finding.level() == Finding.Level.STOP)
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.next())
                    .contains("`pryv ALL=(root) NOPASSWD: ALL`", "/etc/sudoers.d/"));
    assertThat(check(pryv.fact("as.root", "yes").without("processes")))
        .filteredOn(finding -> finding.level() == Finding.Level.STOP)
        .singleElement()
        .satisfies(finding -> assertThat(finding.found()).contains("hidepid"));
  }

  @ParameterizedTest
  @CsvSource({
    // ours 12:00:00–12:00:02, theirs
    "1767268800.000000000, 1767268802.000000000, PASS, right",
    "1767268799.500000000, 1767268800.500000000, PASS, 0.5 s behind ours",
    "1767268802.000000000, 1767268803.000000000, PASS, 1.0 s before ours",
    "1767268803.000000000, 1767268804.500000000, WARN, 2.5 s before ours",
    "1767268795.000000000, 1767268796.000000000, WARN, 5.0 s behind ours",
    "1767268807.000000000, 1767268808.000000000, STOP, 6.0 s before ours",
    "12:00, 12:01, WARN, something else",
  })
  void aClockIsJudgedByWhatCanBeKnownOfIt(
      String begin, String end, Finding.Level level, String found) {
    List<Finding> findings =
        MachineChecks.of(
            Surveys.of(Role.SOURCE).fact("clock.begin", begin).fact("clock.end", end).survey(),
            Surveys.US);

    assertThat(findings)
        .filteredOn(finding -> finding.check().equals("clock"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(level);
              assertThat(finding.found()).isEqualTo(found);
            });
  }

  @ParameterizedTest
  @CsvSource({"SOURCE, STOP", "SOURCE_SLAVE, STOP", "DEST, PASS", "DEST_SLAVE, WARN"})
  void whoMustBeUpDependsOnItsRole(Role role, Finding.Level level) {
    assertThat(check(Surveys.of(role)))
        .filteredOn(finding -> finding.check().equals("containers"))
        .singleElement()
        .satisfies(finding -> assertThat(finding.level()).isEqualTo(level));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "other; theirs; 1767268900; STOP; held by migration other of else.example",
        "other; app; 1767268900; WARN; one of this program's own",
        "other; theirs; 1767268800; PASS; has run out",
        "0b8f3c1e; app; 1767268900; PASS; free",
        "0b8f3c1e; theirs; 1767268900; STOP; program on elsewhere pid 5",
        "other; theirs; soon; STOP; until soon",
      })
  void aMachineThatSomebodyElseHoldsStops(
      String migration, String application, String until, Finding.Level level, String found) {
    Surveys held =
        Surveys.of(Role.DEST)
            .fact(
                "lease",
                """
                there
                migration %s
                application %s
                incarnation 9
                run 4
                domain else.example
                program elsewhere pid 5
                since 1767268700
                until %s
                """
                    .formatted(migration, application, until));

    assertThat(check(up(held)))
        .filteredOn(
            finding ->
                finding.check().equals("held by nobody else") || finding.check().startsWith("~"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(level);
              assertThat(finding.found()).contains(found);
            });
  }

  private static Surveys up(Surveys machine) {
    for (String service : List.of("redis", "nginx", "register", "dns")) {
      machine.container("pryv_" + service + "_1", "running", "pryv", service, "/var/pryv", "");
    }
    return machine;
  }

  private static List<Finding> check(Surveys machine) {
    Survey survey = machine.survey();
    List<Finding> findings = new ArrayList<>(MachineChecks.of(survey, Surveys.US));
    findings.addAll(
        MachineChecks.of(
            survey,
            LAYOUT,
            ComposeServices.parse(
                "services: {redis: {image: 'pryv/redis:1.2.13'}, dns: {image: pryv/dns, ports:"
                    + " ['53:5353/udp']}, nginx: {ports: ['443:443']}}")));
    return findings;
  }
}
