package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.TestCertificates;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.FakeStep;
import io.pryv.migration.redis.FakeRedis;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The retry location of source's nginx, put in and taken out of a real one that runs. */
class RetryLocationTest {

  private static final String DEST = "10.90.0.12";

  @TempDir static Path directory;
  private static TestCertificates certificates;

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final SandboxHands hands = new SandboxHands(source.shell());
  private final Path failures =
      Path.of("/tmp/register-migration-" + SandboxRegister.MIGRATION + ".log");
  private final Path hold =
      Path.of("/tmp/register-migration-" + SandboxRegister.MIGRATION + ".hold");
  private Path site;
  private Path staged;
  private String original;
  private Process nginx;

  @BeforeAll
  static void makeCertificate() {
    certificates = new TestCertificates(directory).selfSigned("dest", "pryv.lab");
  }

  @BeforeEach
  void startNginx() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    original =
        """
        upstream register_server {
          server 127.0.0.1:9;
        }
        server {
          listen 127.0.0.1:%d;
          location / {
            proxy_pass http://register_server;
          }
        }
        """
            .formatted(port);
    site = source.shell().confFile("reg-master/nginx/conf/site.conf", original);
    staged = site.resolveSibling("site.conf.register-migration");
    Path main =
        source
            .shell()
            .confFile(
                "reg-master/nginx/conf/nginx.conf",
                """
                daemon off;
                worker_processes 2;
                pid %1$s/nginx.pid;
                error_log %1$s/error.log;
                events {}
                http {
                  access_log off;
                  client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
                  uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                  include %2$s;
                }
                """
                    .formatted(source.shell().root(), site));
    nginx =
        new ProcessBuilder("nginx", "-c", main.toString())
            .redirectErrorStream(true)
            .redirectOutput(source.shell().root().resolve("output").toFile())
            .start();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> nginx.children().filter(this::serves).count() == 2);
    source
        .container("reverse_proxy")
        .top("PID COMMAND\n%d nginx: master process nginx\n".formatted(nginx.pid()))
        // The container sees the directory as /app/conf.
        .program(
            "nginx",
            """
            set -o pipefail
            if [ "$1" = -T ]; then
              /usr/sbin/nginx -T -c %s 2>/dev/null | sed 's|%s|/app/conf|'
            else
              /usr/sbin/nginx "$@"
            fi
            """
                .formatted(main, site.getParent()));
  }

  private boolean serves(ProcessHandle worker) {
    try {
      return Files.readString(Path.of("/proc/" + worker.pid() + "/cmdline"))
          .startsWith("nginx: worker process");
    } catch (IOException gone) {
      return false;
    }
  }

  @AfterEach
  void remove() throws Exception {
    nginx.destroy();
    nginx.waitFor(10, TimeUnit.SECONDS);
    Files.deleteIfExists(failures);
    source.close();
  }

  private RetryLocation location() {
    return new RetryLocation(
        source.register(),
        hands.on(source.shell().machine()),
        hands.files(source.shell().machine()),
        SandboxRegister.MIGRATION);
  }

  /** This machine's nginx runs in no container, so that it has no /app/conf. */
  private RetryLocation.Prepared prepared(Options options) {
    RetryLocation.Prepared prepared =
        location().prepare(new Target(DEST, certificates.pem("dest")), options);
    return new RetryLocation.Prepared(
        prepared.before(),
        onThisMachine(prepared.retry()),
        onThisMachine(prepared.after()),
        prepared.hold(),
        prepared.registerPort(),
        prepared.target());
  }

  private String onThisMachine(String text) {
    return text.replace("/app/conf/register", site.getParent() + "/register");
  }

  private List<Long> workers() {
    return nginx.children().map(ProcessHandle::pid).toList();
  }

  @Test
  void nginxWorksByTheNewFileAndByNoOtherAndAfterwardsByTheOldOneAgain() throws Exception {
    RetryLocation.Prepared prepared = prepared(options(true, 10));
    assertThat(site).hasContent(original);
    assertThat(failures).doesNotExist();
    List<Long> first = workers();

    assertThat(location().putIn(prepared)).isTrue();

    assertThat(site).hasContent(prepared.retry());
    assertThat(prepared.retry()).contains("@register_migration_dest_1").contains(DEST);
    assertThat(staged).hasContent(prepared.after());
    assertThat(hold.resolve("conf")).hasContent(prepared.hold());
    assertThat(workers()).isNotEmpty().doesNotContainAnyElementsOf(first);
    assertThat(location().putIn(prepared)).isFalse();
    assertThat(prepared(options(true, 10))).isEqualTo(prepared);
    assertThat(location().refused()).isEmpty();
    List<Long> second = workers();

    assertThat(location().takeOut()).hasSize(1);

    assertThat(site).hasContent(original);
    assertThat(staged).doesNotExist();
    assertThat(hold).doesNotExist();
    assertThat(failures).doesNotExist();
    assertThat(workers()).isNotEmpty().doesNotContainAnyElementsOf(second);
    List<Long> third = workers();
    assertThat(location().takeOut()).isEmpty();
    assertThat(workers()).isEqualTo(third);
  }

  private static Options options(boolean retryOnDest, int holdSeconds) {
    return new Options(
        true,
        "",
        "ed25519",
        3,
        1,
        Duration.ofMinutes(2),
        false,
        List.of(),
        10,
        Duration.ofSeconds(1),
        Duration.ofSeconds(1),
        "live",
        retryOnDest,
        false,
        Duration.ofSeconds(holdSeconds));
  }

  /** A migration whose dest follows source. */
  private FakeStep step(FakeRedis dest) {
    Machine destMachine = new Machine(Role.DEST, "dest", "127.0.0.1", 22, "root", "key", "/", DEST);
    FakeStep step =
        new FakeStep(
                SandboxRegister.MIGRATION,
                new Platform(
                    "lab",
                    "pryv.lab",
                    source.shell().machine(),
                    destMachine,
                    List.of(),
                    List.of(),
                    "known_hosts",
                    List.of(),
                    List.of(),
                    options(true, 10)),
                hands,
                hands.journal(),
                source.register(),
                new Register(destMachine, source.register().layout()))
            .reaching(FakeRedis.door(new FakeRedis("source"), dest));
    step.put("switchSite", prepared(options(true, 10)));
    return step;
  }

  @Test
  void nginxIsNotToldToAskADestThatIsNoReplicaOfSource() {
    FakeStep step = step(new FakeRedis("dest"));
    assertThat(step.run(new PutRetryInDelegate(step.contexts())))
        .startsWith("dest does not follow source any more");
    assertThat(step.get("destInSync", Boolean.class)).isFalse();
    assertThat(site).hasContent(original);
    assertThat(staged).doesNotExist();
  }

  @Test
  void whatTheSwitchHasPutInItsPlaceIsNotTakenOut() throws Exception {
    FakeStep step = step(new FakeRedis("dest"));
    String after = prepared(options(true, 10)).after();
    Files.writeString(site, after);
    assertThat(step.run(new TakeRetryOutDelegate(step.contexts())))
        .startsWith("already done: the switch");
    assertThat(site).hasContent(after);
  }

  @Test
  void theLogOfWhatWasNotAskedAgainLeavesTheContainerAndIsReadAgainByARerun() throws Exception {
    Files.writeString(
        failures, "1763985600.250 10.0.0.9 POST /user 500 alice\n1763985600.300 nonsense\n");
    List<RefusedWrite> refused = location().refused();
    assertThat(refused).extracting(RefusedWrite::user).containsExactly("alice");
    assertThat(failures).doesNotExist();
    assertThat(location().refused()).isEqualTo(refused);
  }

  @Test
  void withoutARetryOnlyTheFileForTheSwitchIsLaidBeside() {
    RetryLocation.Prepared prepared = prepared(options(false, 0));
    assertThat(location().putIn(prepared)).isTrue();
    assertThat(site).hasContent(original);
    assertThat(staged).hasContent(prepared.after());
    location().takeOut();
    assertThat(staged).doesNotExist();
  }

  @Test
  void registrationsCanWaitThoughNothingIsAskedAgain() {
    RetryLocation.Prepared prepared = prepared(options(false, 3));
    assertThat(location().putIn(prepared)).isTrue();
    assertThat(prepared.retry())
        .contains("@register_migration_held_1", "proxy_read_timeout 3s;")
        .doesNotContain("@register_migration_dest_1");
    assertThat(location().takeOut()).hasSize(1);
    assertThat(site).hasContent(original);
    assertThat(hold).doesNotExist();
  }

  @Test
  void aFileThatNginxDoesNotTakeIsPutBack() {
    RetryLocation.Prepared prepared = prepared(options(true, 10));
    RetryLocation.Prepared broken =
        new RetryLocation.Prepared(
            prepared.before(),
            "nonsense;\n",
            prepared.after(),
            prepared.hold(),
            prepared.registerPort(),
            prepared.target());
    assertThatThrownBy(() -> location().putIn(broken))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("it did not take its files");
    assertThat(site).hasContent(original);
    assertThat(hold).doesNotExist();
  }

  @Test
  void aFileChangedSinceIsNotOverwritten() throws Exception {
    RetryLocation.Prepared prepared = prepared(options(true, 10));
    Files.writeString(site, original + "# the operator was here\n");
    assertThatThrownBy(() -> location().putIn(prepared))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("somebody has changed the file since");
    assertThat(staged).doesNotExist();
  }
}
