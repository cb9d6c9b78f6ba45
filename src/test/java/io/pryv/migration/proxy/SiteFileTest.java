package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The edit of source's site file, tested by the real nginx. */
class SiteFileTest {

  private static final String DEST = "10.90.0.12";

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final SandboxHands hands = new SandboxHands(source.shell());
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
    // The container sees the directory as /app/conf; this machine's nginx must be told where it is.
    source
        .container("reverse_proxy")
        .program(
            "nginx",
            """
            set -o pipefail
            main=$3
            if [ "$1" = -T ]; then
              sed 's|/app/conf|%1$s|' %1$s/nginx.conf >"$SANDBOX/nginx.conf"
              /usr/sbin/nginx -T -c "$SANDBOX/nginx.conf" 2>"$SANDBOX/errors" |
                sed -e "s|$SANDBOX/nginx.conf|$main|" -e 's|%1$s|/app/conf|'
            else
              /usr/sbin/nginx "$@"
            fi
            """
                .formatted(conf));
    source.shell().stub("top", "true");
  }

  @AfterEach
  void remove() {
    source.close();
  }

  @Test
  void theNewTextIsTestedWithoutTheFileBeingTouched() throws Exception {
    String before = Files.readString(site);
    SiteFile.Prepared prepared = file().prepare(DEST);
    assertThat(prepared.before()).isEqualTo(before);
    assertThat(prepared.after()).contains("server 10.90.0.12:443;").contains("Host $host;");
    assertThat(Files.readString(site)).isEqualTo(before);
    assertThat(Path.of("/tmp/register-migration-" + SandboxRegister.MIGRATION)).doesNotExist();
    assertThat(prepared.diff(site.toString())).startsWith("```diff\n").contains("+");
  }

  @Test
  void theEditIsMadeOnceKeepsItsModeAndCanBeTakenBack() throws Exception {
    String before = Files.readString(site);
    SiteFile.Prepared prepared = file().prepare(DEST);
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
    file().apply(file().prepare(DEST));
    assertThat(new String(Files.readAllBytes(site), Charset.forName(charset)))
        .startsWith("# Gen\u00e8ve\n")
        .contains(DEST);
    new FileUndo("source", hands.files(source.shell().machine()), hands.journal())
        .undo(site.toString());
    assertThat(Files.readAllBytes(site)).isEqualTo(before);
  }

  @Test
  void preparingAgainAfterTheEditGivesTheSameText() {
    SiteFile.Prepared prepared = file().prepare(DEST);
    file().apply(prepared);
    assertThat(file().prepare(DEST).after()).isEqualTo(prepared.after());
  }

  @Test
  void aFileChangedSinceItWasPreparedIsNotOverwritten() throws Exception {
    SiteFile.Prepared prepared = file().prepare(DEST);
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
    assertThatThrownBy(() -> file().prepare(DEST))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("correct what it says");
  }

  @Test
  void aFileThatNginxDoesNotReadIsRefused() throws Exception {
    Files.writeString(
        site.resolveSibling("nginx.conf"), "pid /tmp/x.pid; events {}\nhttp { access_log off; }\n");
    assertThatThrownBy(() -> file().prepare(DEST))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("a file that nginx reads (as /app/conf/site.conf")
        .hasMessageContaining("it reads only ");
  }

  @Test
  void aFileWithoutTheExpectedUpstreamIsRefusedByName() throws Exception {
    Files.writeString(site, "server { listen 127.0.0.1:44300; }\n");
    assertThatThrownBy(() -> file().prepare(DEST))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("source: " + site)
        .hasMessageContaining("upstream register_server");
  }

  private SiteFile file() {
    return new SiteFile(
        source.register(),
        hands.on(source.shell().machine()),
        hands.files(source.shell().machine()),
        SandboxRegister.MIGRATION);
  }
}
