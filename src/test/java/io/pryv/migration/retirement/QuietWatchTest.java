package io.pryv.migration.retirement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.InMemoryJournal;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.StubDocker;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.FakeStep;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Looks at real files with the real script; the container's log is the stub's. */
class QuietWatchTest {

  private static final DateTimeFormatter NGINX =
      DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private final SandboxShell machine = SandboxShell.of(Machine.Role.SOURCE);
  private final StubDocker docker = new StubDocker(machine).register();
  private final Path log = machine.confFile("reg-master/nginx/log/access.log", "");
  private final FakeDns dns = new FakeDns().up("127.0.0.1");
  private boolean deafProxy;
  private boolean passOn;
  private final HttpsProbe https =
      (address, port, hostName, path, headers) -> {
        if (!deafProxy) {
          request("10.90.0.1", path);
        }
        if (passOn) {
          docker.container("pryv_reverse_proxy_1").log(read(log));
        }
        return new HttpsProbe.Answer(404, "", "", "");
      };
  private String dnsLog = "";
  private String format;

  @AfterEach
  void close() {
    machine.close();
  }

  private void request(String client, String path) {
    append(
        format == null
            ? "%s - - [%s] \"GET %s HTTP/1.1\" 200 41 \"-\" \"client/1\"\n"
                .formatted(client, NGINX.format(Instant.now()), path)
            : format.formatted(
                client, OffsetDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.SECONDS), path));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void append(String lines) {
    try {
      Files.writeString(log, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void query(String name) {
    dnsLog += Instant.now() + " DNS: " + name + "\n";
    docker.container("pryv_dns_1").log(dnsLog);
  }

  private Register register(String accessLog, String nginxContainer) {
    return new Register(
        machine.machine(),
        new Layout(
            "docker-compose",
            "",
            "pryv",
            "",
            "",
            "",
            "9999:9999",
            "",
            "",
            "",
            accessLog,
            "pryv_redis_1",
            nginxContainer,
            "pryv_register_1",
            "pryv_dns_1",
            "5.0.2"));
  }

  private QuietWatch.Look look(Optional<QuietWatch.Ears> before, Duration period) {
    return look(before, period, register(log.toString(), "pryv_reverse_proxy_1"));
  }

  private QuietWatch.Look look(
      Optional<QuietWatch.Ears> before, Duration period, Register register) {
    // Our own query reaches the dns log, as it does on a machine.
    query("register-migration-0a1b2c3d.pryv.lab");
    return new QuietWatch(
            new SandboxHands(machine), List.of(register), "pryv.lab", dns, https, period)
        .look(before);
  }

  private QuietWatch.Look twice(Runnable between) {
    QuietWatch.Look first = look(Optional.empty(), Duration.ofMillis(1));
    between.run();
    return look(Optional.of(first.ears()), Duration.ofMillis(1));
  }

  @Test
  void isQuietWhenNobodyButOurselvesAskedForThePeriod() {
    QuietWatch.Look look = twice(() -> {});
    assertThat(look.deaf()).isEmpty();
    assertThat(look.quiet()).isTrue();
    assertThat(look.markdown()).contains("nothing since we listen");
    assertThat(dns.asked()).allMatch(asked -> asked.contains("register-migration-"));
  }

  @Test
  void isNotQuietBeforeThePeriodIsOver() {
    QuietWatch.Look first = look(Optional.empty(), Duration.ofHours(24));
    QuietWatch.Look second = look(Optional.of(first.ears()), Duration.ofHours(24));
    assertThat(second.quiet()).isFalse();
    assertThat(second.quietSince()).isEqualTo(first.quietSince());
  }

  @Test
  void whatWasLoggedBeforeWeListenedIsNoNews() {
    request("198.51.100.7", "/ariane/server");
    QuietWatch.Look first = look(Optional.empty(), Duration.ZERO);
    assertThat(first.ears().of().get(0).last()).isEmpty();
  }

  @Test
  void anHttpRequestBreaksTheSilenceAndIsShown() {
    Instant before = Instant.now();
    QuietWatch.Look look = twice(() -> request("198.51.100.7", "/ariane/server"));
    assertThat(look.quietSince()).isAfterOrEqualTo(before);
    assertThat(look.markdown()).contains("GET /ariane/server from 198.51.100.7");
  }

  @Test
  void aDnsQueryBreaksTheSilenceAndIsShown() {
    QuietWatch.Look look = twice(() -> query("bertrand.pryv.lab"));
    assertThat(look.markdown()).contains("bertrand.pryv.lab (DNS)");
  }

  @Test
  void scannersOfPortsAndOpenResolversDoNotBreakIt() {
    QuietWatch.Look look =
        twice(
            () -> {
              query("version.bind");
              append("203.0.113.5 - - [22/Nov/2026:15:04:05 +0000] \"\\x16\\x03\" 400 157\n");
            });
    assertThat(look.ears().of().get(0).last()).isEmpty();
    assertThat(look.quiet()).isTrue();
  }

  @Test
  void readsARotatedLogToItsEnd() throws Exception {
    QuietWatch.Look look =
        twice(
            () -> {
              request("198.51.100.7", "/before-rotation/server");
              try {
                Files.move(log, log.resolveSibling("access.log.1"), StandardCopyOption.ATOMIC_MOVE);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
              append("");
            });
    assertThat(look.markdown()).contains("before-rotation");
    QuietWatch.Look next = look(Optional.of(look.ears()), Duration.ofMillis(1));
    assertThat(next.quietSince()).isEqualTo(look.quietSince());
    assertThat(next.deaf()).isEmpty();
  }

  @Test
  void readsALogThatWasCopiedAndTruncated() throws Exception {
    append("x".repeat(10) + " an old line of before\n");
    QuietWatch.Look look =
        twice(
            () -> {
              request("198.51.100.7", "/before-rotation/server");
              try {
                Files.copy(log, log.resolveSibling("access.log.1"));
                Files.newByteChannel(log, StandardOpenOption.WRITE).truncate(0).close();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    assertThat(look.markdown()).contains("before-rotation");
  }

  @Test
  void aLostPartOfALogBreaksTheSilence() throws Exception {
    QuietWatch.Look look =
        twice(
            () -> {
              try {
                Files.delete(log);
                // The next file must not get the old one's inode.
                Files.writeString(log.resolveSibling("something"), "");
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
              append("");
            });
    assertThat(look.markdown()).contains("a part of a log was lost");
    assertThat(look.ears().of().get(0).silence()).isZero();
  }

  @Test
  void aRecreatedDnsContainerBreaksTheSilence() {
    QuietWatch.Look first = look(Optional.empty(), Duration.ofMillis(1));
    Ear ear = first.ears().of().get(0);
    Ear other =
        new Ear(
            ear.machine(),
            ear.accessLogId(),
            ear.accessLogOffset(),
            "another",
            ear.looked(),
            ear.silentSince(),
            "");
    QuietWatch.Look look =
        look(Optional.of(new QuietWatch.Ears(List.of(other))), Duration.ofMillis(1));
    assertThat(look.quiet()).isFalse();
    assertThat(look.markdown()).contains("its container recreated");
  }

  @Test
  void silenceWhereOurOwnRequestIsNotHeardProvesNothing() {
    QuietWatch.Look look = twice(() -> deafProxy = true);
    assertThat(look.deaf()).containsExactly("source's access log (no line of it)");
    assertThat(look.quiet()).isFalse();
    assertThat(look.markdown()).contains("silence there proves nothing");
  }

  @Test
  void aLogInAnotherFormatIsReadByThatFormat() {
    nginxSays("'$time_iso8601|$request_method $uri|$status|$remote_addr'");
    format = "%2$s|GET %3$s|200|%1$s%n";
    QuietWatch.Look look = twice(() -> request("198.51.100.7", "/ariane/server"));
    assertThat(look.deaf()).isEmpty();
    assertThat(look.markdown()).contains("GET /ariane/server from 198.51.100.7");
  }

  @Test
  void aLogThatDoesNotTellTheTimeProvesNothing() {
    nginxSays("'$remote_addr \"$request\" $status'");
    format = "%1$s \"GET %3$s HTTP/1.1\" 200%n";
    QuietWatch.Look look = twice(() -> {});
    assertThat(look.quiet()).isFalse();
    assertThat(look.deaf()).hasSize(1);
    assertThat(look.deaf().get(0)).contains("source's access log", "without the time");
  }

  private void nginxSays(String format) {
    docker
        .container("pryv_reverse_proxy_1")
        .program(
            "nginx",
            """
            [ "$1" != -V ] || { echo 'configure arguments: --conf-path=/etc/nginx/nginx.conf' >&2; exit; }
            [ "$1" = -T ] || exit 64
            cat <<'EOT'
            # configuration file /etc/nginx/nginx.conf:
            http { log_format own %s; server { access_log /app/log/access.log own; } }
            EOT
            """
                .formatted(format));
  }

  @Test
  void aDnsThatIsDeadIsTroubleAndNotSilence() {
    dns.down("127.0.0.1");
    assertThatThrownBy(() -> look(Optional.empty(), Duration.ZERO)).isInstanceOf(StepFailure.class);
  }

  @Test
  void aLogThatCannotBeReadIsTroubleAndNotSilence() {
    Register gone = register(log + ".gone", "pryv_reverse_proxy_1");
    assertThatThrownBy(() -> look(Optional.empty(), Duration.ZERO, gone))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("cannot be read");
  }

  @Test
  void readsTheProxysContainerLogWhereThereIsNoFile() {
    Register register = register("", "pryv_reverse_proxy_1");
    QuietWatch.Look first = look(Optional.empty(), Duration.ofMillis(1), register);
    append(
        "198.51.100.7 - - [%s] \"GET /ariane/server HTTP/1.1\" 200 41\n"
            .formatted(NGINX.format(Instant.now())));
    passOn = true;
    QuietWatch.Look look = look(Optional.of(first.ears()), Duration.ofMillis(1), register);
    assertThat(look.deaf()).isEmpty();
    assertThat(look.markdown()).contains("GET /ariane/server");
  }

  @Test
  void aSlaveHasOnlyADnsToListenTo() {
    Register slave = register("", "");
    QuietWatch.Look first = look(Optional.empty(), Duration.ofMillis(1), slave);
    QuietWatch.Look look = look(Optional.of(first.ears()), Duration.ofMillis(1), slave);
    assertThat(look.deaf()).isEmpty();
    assertThat(look.quiet()).isTrue();
  }

  @Test
  void moreRequestsThanAreReadAtOnceBreakTheSilence() {
    QuietWatch.Look look =
        twice(
            () -> {
              StringBuilder many = new StringBuilder();
              for (int i = 0; i < 700; i++) {
                many.append("203.0.113.5 - - [22/Nov/2026:15:04:05 +0000] \"\" 400 0\n");
              }
              append(many.toString());
            });
    assertThat(look.markdown()).contains("200 more requests than we read at once");
  }

  @Test
  void thePeriodIsNeverShorterThanTheLongestTtl() {
    assertThat(QuietWatch.period(null, Duration.ofDays(2))).isEqualTo(Duration.ofDays(2));
    assertThat(QuietWatch.period(null, Duration.ofHours(1))).isEqualTo(Duration.ofHours(24));
    assertThat(QuietWatch.period(Duration.ofSeconds(15), Duration.ofSeconds(5)))
        .isEqualTo(Duration.ofSeconds(15));
    assertThat(QuietWatch.period(Duration.ofSeconds(15), Duration.ofMinutes(1)))
        .isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void theStepGoesOnFromItsLastLookByItsVariables() {
    Register source = register(log.toString(), "pryv_reverse_proxy_1");
    FakeStep step =
        new FakeStep(
            "m-1",
            new Platform(
                "lab",
                "pryv.lab",
                machine.machine(),
                machine.machine(),
                List.of(),
                List.of(),
                "known_hosts",
                List.of(),
                List.of(),
                new Options(
                    true,
                    "",
                    "rsa",
                    5,
                    1 << 20,
                    Duration.ofMinutes(2),
                    false,
                    List.of("reg"),
                    200,
                    Duration.ofMinutes(1),
                    Duration.ofMillis(1))),
            new SandboxHands(machine),
            new InMemoryJournal(),
            source);
    WatchQuietDelegate watch = new WatchQuietDelegate(step.contexts(), dns, https);

    query("register-migration-1.pryv.lab");
    step.run(watch);
    assertThat(step.get("quiet", Boolean.class)).isFalse();
    request("198.51.100.7", "/ariane/server");
    query("register-migration-2.pryv.lab");
    step.run(watch);
    assertThat(step.evidence("quiet")).contains("GET /ariane/server");
    query("register-migration-3.pryv.lab");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              step.run(watch);
              return step.get("quiet", Boolean.class);
            });
    assertThat(step.get("quietSince", Instant.class)).isBefore(Instant.now());
  }
}
