package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.FakeHttps;
import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.TestCertificates;
import io.pryv.migration.machine.TlsProbe;
import io.pryv.migration.machine.UntrustedServer;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The edit of source's site file, tested by the real nginx. */
class SiteFileTest {

  private static final String DEST = "10.90.0.12";
  private static final String DEST_HERE = "127.0.0.77";

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final SandboxRegister dest = new SandboxRegister(SandboxShell.of(Role.DEST));
  private final SandboxHands hands = new SandboxHands(source.shell(), dest.shell());
  private TestCertificates certificates;
  private Target target;
  private Path site;

  @BeforeEach
  void nginx() throws Exception {
    Path conf = source.shell().confRoot().resolve("reg-master/nginx/conf");
    site =
        source
            .shell()
            .confFile(
                "reg-master/nginx/conf/site.conf",
                """
                upstream register_server {
                  server 127.0.0.1:9000 max_fails=3 fail_timeout=30s;
                }

                server {
                  listen 127.0.0.1:44300;
                  server_name reg.pryv.lab access.pryv.lab;

                  location / {
                    proxy_pass http://register_server;
                  }
                }
                """);
    Files.setPosixFilePermissions(site, PosixFilePermissions.fromString("rw-r-----"));
    source
        .shell()
        .confFile(
            "reg-master/nginx/conf/nginx.conf",
            """
            pid %1$s/nginx.pid;
            error_log stderr;
            events {}
            http {
              access_log off;
              include /app/conf/site.conf;
            }
            """
                .formatted(source.shell().root()));
    // The container sees the site file below /app/conf; this machine's nginx must be told where.
    source
        .container("reverse_proxy")
        .program(
            "nginx",
            """
            set -o pipefail
            if [ "$1" = -T ]; then
              sed 's|/app/conf/site.conf|%1$s/there.conf|' %1$s/nginx.conf >%1$s/main.conf
              sed 's|/app/conf|%1$s|' %1$s/site.conf >%1$s/there.conf
              /usr/sbin/nginx -T -c %1$s/main.conf 2>"$SANDBOX/errors" |
                sed -e 's|%1$s/there.conf|/app/conf/site.conf|; s|%1$s/register|/app/conf/register|'
            else
              /usr/sbin/nginx "$@"
            fi
            """
                .formatted(conf));
    source.shell().stub("top", "true");
    dest.shell().confFile("reg-master/nginx/conf/site.conf", "upstream register_server {}\n");
    dest.shell()
        .confFile(
            "reg-master/nginx/conf/nginx.conf",
            "http { ssl_certificate /app/conf/crt; ssl_certificate_key key; include site.conf; }\n");
    certificates = new TestCertificates(dest.shell().root()).selfSigned("dest", "pryv.lab");
    destHas("dest", "dest");
    target = new Target(DEST, certificates.pem("dest"));
  }

  /** Dest's files name this key, and this chain. */
  private void destHas(String key, String... chain) throws Exception {
    Files.copy(
        dest.shell().root().resolve(key + ".key"),
        ofDest("key"),
        StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(ofDest("crt"), certificates.pem(chain));
  }

  private Path ofDest(String file) {
    return dest.shell().confRoot().resolve("reg-master/nginx/conf").resolve(file);
  }

  @AfterEach
  void remove() {
    source.close();
    dest.close();
  }

  @Test
  void theNewTextIsTestedWithoutTheFileBeingTouched() throws Exception {
    String before = Files.readString(site);
    SiteFile.Prepared prepared = file().prepare(target);
    assertThat(prepared.before()).isEqualTo(before);
    assertThat(prepared.after()).contains("server 10.90.0.12:443;").contains("Host $host;");
    assertThat(Files.readString(site)).isEqualTo(before);
    assertThat(Path.of("/tmp/register-migration-" + SandboxRegister.MIGRATION)).doesNotExist();
    assertThat(prepared.diff(site.toString())).startsWith("```diff\n").contains("+");
  }

  @Test
  void theEditIsMadeOnceKeepsItsModeAndCanBeTakenBack() throws Exception {
    String before = Files.readString(site);
    SiteFile.Prepared prepared = file().prepare(target);
    assertThat(file().apply(prepared)).isTrue();
    assertThat(Files.readString(site)).isEqualTo(prepared.after());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(site)))
        .isEqualTo("rw-r-----");
    assertThat(file().apply(prepared)).isFalse();
    new FileUndo("source", hands.files(source.shell().machine()), hands.journal())
        .undo(site.toString());
    assertThat(Files.readString(site)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-8", "ISO-8859-1"})
  void theBytesOfACommentAreKeptWhateverTheirEncoding(String charset) throws Exception {
    byte[] before = ("# Gen\u00e8ve\n" + Files.readString(site)).getBytes(Charset.forName(charset));
    Files.write(site, before);
    file().apply(file().prepare(target));
    assertThat(new String(Files.readAllBytes(site), Charset.forName(charset)))
        .startsWith("# Gen\u00e8ve\n")
        .contains(DEST);
    new FileUndo("source", hands.files(source.shell().machine()), hands.journal())
        .undo(site.toString());
    assertThat(Files.readAllBytes(site)).isEqualTo(before);
  }

  @Test
  void preparingAgainAfterTheEditGivesTheSameText() {
    SiteFile.Prepared prepared = file().prepare(target);
    file().apply(prepared);
    assertThat(file().prepare(target).after()).isEqualTo(prepared.after());
  }

  @Test
  void aFileChangedSinceItWasPreparedIsNotOverwritten() throws Exception {
    SiteFile.Prepared prepared = file().prepare(target);
    Files.writeString(site, Files.readString(site) + "# the operator was here\n");
    assertThatThrownBy(() -> file().apply(prepared))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("somebody has changed the file since");
    assertThat(Files.readString(site)).endsWith("# the operator was here\n");
  }

  @Test
  void whatNginxDoesNotAcceptIsToldInItsOwnWords() throws Exception {
    // Accepted as it is; but SNI is said to be of another type in a block around the location.
    Files.writeString(
        site,
        Files.readString(site).replace("proxy_pass http:", "include no-such; proxy_pass http:"));
    assertThatThrownBy(() -> file().prepare(target))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("correct what it says");
  }

  @Test
  void aFileThatNginxDoesNotReadIsRefused() throws Exception {
    Files.writeString(
        site.resolveSibling("nginx.conf"), "pid /tmp/x.pid; events {}\nhttp { access_log off; }\n");
    assertThatThrownBy(() -> file().prepare(target))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("a file that nginx reads (as /app/conf/site.conf")
        .hasMessageContaining("it reads only ");
  }

  @Test
  void aFileWithoutTheExpectedUpstreamIsRefusedByName() throws Exception {
    Files.writeString(site, "server { listen 127.0.0.1:44300; }\n");
    assertThatThrownBy(() -> file().prepare(target))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("source: " + site)
        .hasMessageContaining("upstream register_server");
  }

  @Test
  void relativePathsBeginWhereTheyBeginForNginxItself() throws Exception {
    Files.createDirectories(site.resolveSibling("tls"));
    Files.copy(ofDest("key"), site.resolveSibling("../key"));
    Files.copy(ofDest("crt"), site.resolveSibling("tls/crt"));
    Files.writeString(
        site,
        Files.readString(site)
            .replace(
                "listen 127.0.0.1:44300;",
                """
                listen 127.0.0.1:44300 ssl;
                ssl_certificate tls/crt;
                ssl_certificate_key ../key;
                """));
    assertThat(file().prepare(target).after()).contains("server 10.90.0.12:443;");
    assertThat(Path.of("/tmp/register-migration-" + SandboxRegister.MIGRATION)).doesNotExist();
  }

  @Test
  void whatIsIncludedIsReadAsNginxReadsIt() throws Exception {
    source
        .shell()
        .confFile("reg-master/nginx/conf/proxy_params", "proxy_set_header Host $http_host;\n");
    Files.writeString(
        site,
        Files.readString(site)
            .replace("proxy_pass http:", "include proxy_params; proxy_pass http:"));
    assertThat(file().prepare(target).after())
        .contains("X-Real-IP $remote_addr;")
        .doesNotContain("Host $host;");
  }

  @Test
  void sourcesOwnNginxAsksDestByTheDirectivesThatItWillHave() throws Exception {
    String before = Files.readString(site);
    Process serving = destWith("ssl_protocols TLSv1.2 TLSv1.3;");
    try {
      assertThat(lastMetre())
          .contains("| reg.pryv.lab | 200 |")
          .contains("| access.pryv.lab | 200 |");
    } finally {
      serving.destroy();
      serving.waitFor();
    }
    assertThat(Files.readString(site)).isEqualTo(before);
    assertThat(Path.of("/tmp/register-migration-" + SandboxRegister.MIGRATION)).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // What nginx before 1.23.4 has when nothing is said does not reach to TLS 1.3.
        "proxy_ssl_protocols TLSv1.2; | ssl_protocols TLSv1.3;",
        "proxy_ssl_protocols TLSv1.2; proxy_ssl_ciphers AES128-SHA256; | ssl_ciphers AES256-SHA256;"
      })
  void aDestThatSourcesNginxCannotTalkToIsSeenAtItsLaunch(String ofSource, String ofDest)
      throws Exception {
    Files.writeString(
        site, Files.readString(site).replace("proxy_pass http:", ofSource + " proxy_pass http:"));
    Process serving = destWith(ofDest);
    try {
      assertThatThrownBy(this::lastMetre)
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("status 200, as dest answers when it is asked directly")
          .hasMessageContaining("status 502")
          .hasMessageContaining("SSL_do_handshake() failed");
    } finally {
      serving.destroy();
      serving.waitFor();
    }
  }

  @Test
  void aStrangerAtDestsAddressIsSeenAtItsLaunch() throws Exception {
    certificates.selfSigned("stranger", "pryv.lab");
    Process stranger = serve("stranger", "", "stranger");
    try {
      assertThatThrownBy(this::lastMetre)
          .isInstanceOf(UntrustedServer.class)
          .hasMessageContaining("reg.pryv.lab at 127.0.0.77:443")
          .hasMessageContaining("See who answers at that address");
      // Source's nginx does not believe it either, by the directives that it will have.
      assertThatThrownBy(() -> lastMetre(new FakeHttps().answers(DEST_HERE, "dest")))
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("status 502")
          .hasMessageContaining("upstream SSL certificate verify error: (18:self-signed");
    } finally {
      stranger.destroy();
      stranger.waitFor();
    }
  }

  /** What dest's files lead to, who answers at its address, and whether that is believed. */
  @ParameterizedTest
  @CsvSource({
    // The root is in dest's file.
    "leaf intermediate root, leaf intermediate, true",
    "leaf intermediate root, leaf intermediate root, true",
    // Renewed by the same authority, while source passes on.
    "leaf intermediate root, renewed intermediate, true",
    "leaf intermediate root, renewed other, true",
    // Of another authority, of this one for somebody else, or not of an authority at all.
    "leaf intermediate root, foreign, false",
    "leaf intermediate root, elsewhere intermediate, false",
    "leaf intermediate root, dest, false",
    "dest, leaf intermediate root, false"
  })
  void whoeverHasDestsAddressIsBelievedByTheAuthorityOfDestsOwnCertificate(
      String files, String served, boolean believed) throws Exception {
    certificates
        .authority("root")
        .intermediate("intermediate", "root")
        .intermediate("other", "root")
        .issued("leaf", "pryv.lab", "intermediate")
        .issued("renewed", "pryv.lab", served.endsWith("other") ? "other" : "intermediate")
        .issued("elsewhere", "example.lab", "intermediate")
        .authority("foreigner")
        .issued("foreign", "pryv.lab", "foreigner");
    List<String> chain = List.of(files.split(" ", -1));
    destHas(chain.get(0), chain.toArray(String[]::new));
    String key = served.split(" ", -1)[0];
    Process serving = serve(key, "", served.split(" ", -1));
    try {
      if (believed) {
        assertThat(lastMetre())
            .contains("| reg.pryv.lab | 200 |")
            .contains("**A rollback after the name servers were changed could not lead clients");
      } else {
        assertThatThrownBy(this::lastMetre).isInstanceOf(UntrustedServer.class);
        assertThatThrownBy(() -> lastMetre(new FakeHttps().answers(DEST_HERE, "dest")))
            .isInstanceOf(StepFailure.class)
            .hasMessageContaining("upstream SSL certificate");
      }
    } finally {
      serving.destroy();
      serving.waitFor();
    }
  }

  @Test
  void theEditBringsByWhatDestIsKnownAndTakesItAwayAgain() throws Exception {
    Path anchors = site.resolveSibling("register-migration-" + DEST + ".pem");
    file().apply(file().prepare(target));
    assertThat(anchors).hasContent(certificates.pem("dest"));
    assertThat(Files.readString(site))
        .contains("proxy_ssl_trusted_certificate /app/conf/register-migration-" + DEST + ".pem;");
    new FileUndo("source", hands.files(source.shell().machine()), hands.journal())
        .undo(anchors.toString());
    assertThat(anchors).doesNotExist();
  }

  /** A real nginx at an address of this machine's own, on port 443. */
  private Process destWith(String settings) throws Exception {
    return serve("dest", settings, "dest");
  }

  private Process serve(String key, String settings, String... chain) throws Exception {
    Path home = Files.createDirectories(dest.shell().root().resolve("serving"));
    Files.copy(dest.shell().root().resolve(key + ".key"), home.resolve("key"));
    Files.writeString(home.resolve("crt"), certificates.pem(chain));
    Path conf =
        Files.writeString(
            home.resolve("nginx.conf"),
            """
            daemon off;
            pid %1$s/pid;
            error_log %1$s/error.log;
            events {}
            http {
              access_log off;
              ssl_certificate crt;
              ssl_certificate_key key;
              %2$s
              server { listen %3$s:443 ssl; location / { return 200 "dest"; } }
            }
            """
                .formatted(home, settings, DEST_HERE));
    Process nginx =
        new ProcessBuilder("/usr/sbin/nginx", "-c", conf.toString())
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("output").toFile())
            .start();
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!Files.exists(home.resolve("pid")) || Files.size(home.resolve("pid")) == 0) {
      assertThat(System.nanoTime()).as(home + "/output").isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
    return nginx;
  }

  private String lastMetre() {
    return lastMetre(new TlsProbe(Duration.ofSeconds(10)));
  }

  private String lastMetre(HttpsProbe https) {
    Machine machine =
        new Machine(Role.DEST, "dest", DEST_HERE, 22, "root", "/key", "/pryv", DEST_HERE);
    return new LastMetre(https)
        .prove(
            hands,
            source.register(),
            new Register(machine, dest.register().layout()),
            new Platform(
                "pryv",
                "pryv.lab",
                source.shell().machine(),
                machine,
                List.of(),
                List.of(),
                "",
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
                    null)),
            SandboxRegister.MIGRATION);
  }

  private SiteFile file() {
    return new SiteFile(
        source.register(),
        hands.on(source.shell().machine()),
        hands.files(source.shell().machine()),
        SandboxRegister.MIGRATION);
  }
}
