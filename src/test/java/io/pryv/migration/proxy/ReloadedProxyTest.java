package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.FakeHttps;
import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.FakeRedis;
import io.pryv.migration.redis.WriteProof;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReloadedProxyTest {

  private static final String SITE = "server register:9000;\n";

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final SandboxHands hands = new SandboxHands(source.shell());
  private final FakeRedis redis = new FakeRedis("source");
  private final FakeHttps https = new FakeHttps();
  private final Path site = source.shell().confFile("reg-master/nginx/conf/site.conf", SITE);
  private Path read;

  @BeforeEach
  void nginxLeadsToDest() throws Exception {
    read = source.shell().root().resolve("nginx-has-read");
    hands
        .files(source.shell().machine())
        .write(site.toString(), "server 10.90.0.12:443;\n".getBytes(StandardCharsets.UTF_8), "644");
    source.container("reverse_proxy").stopped().nginx("cp '%s' '%s'".formatted(site, read));
    source
        .shell()
        .run(Command.change("start nginx", "docker start pryv_reverse_proxy_1"))
        .orFail("");
    https.answers(
        "127.0.0.1",
        path -> {
          String value = redis.get(path.split("/", -1)[1] + ":server");
          return value == null || !nginxReadsItsOwnRegister()
              ? "302 https://sw.pryv.lab/error.html?id=UNKNOWN_USER_NAME"
              : "302 http://" + value + "/?username=x";
        });
  }

  @AfterEach
  void remove() {
    source.close();
  }

  @Test
  void theSiteFileIsPutBackReadAndProvenFromOutside() {
    assertThat(proxy().lead()).isTrue();
    assertThat(site).hasContent(SITE);
    assertThat(redis.countKeys().lasting() + redis.countKeys().servers())
        .as("nothing of the proof is left")
        .isZero();
  }

  @Test
  void aSecondRunChangesNothing() {
    proxy().lead();
    int changes = source.shell().changes().size();
    assertThat(proxy().lead()).isFalse();
    assertThat(source.shell().changes()).hasSize(changes);
  }

  @Test
  void aReloadThatWasCutOffIsMadeUpFor() throws Exception {
    Files.writeString(site, SITE);
    assertThat(proxy().lead()).isTrue();
    assertThat(read).hasContent(SITE);
  }

  @Test
  void anNginxThatDoesNotTakeItsFileIsTold() {
    source
        .container("reverse_proxy")
        .nginx("false")
        .program("nginx", "echo 'nginx: [emerg] host not found in upstream'; exit 1");
    assertThatThrownBy(() -> proxy().lead())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("error.html?id=UNKNOWN_USER_NAME")
        .hasMessageContaining("[emerg] host not found in upstream");
  }

  @Test
  void anNginxThatTakesItsFilesButLeadsElsewhereIsTold() {
    source.container("reverse_proxy").nginx("true");
    assertThatThrownBy(() -> proxy().lead())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("error.html?id=UNKNOWN_USER_NAME")
        .hasMessageContaining("nginx takes its files");
  }

  @Test
  void anNginxThatTheUserCanNotSignalIsReloadedFromInsideItsContainer() {
    try (SandboxRegister hidden = new SandboxRegister(SandboxShell.of(Role.SOURCE))) {
      Path reloaded = hidden.shell().root().resolve("reloaded");
      hidden
          .container("reverse_proxy")
          .program("nginx", "[ \"$1 $2\" != '-s reload' ] || touch '%s'".formatted(reloaded));
      new NginxContainer(hidden.shell(), hidden.register().layout()).reload();
      assertThat(reloaded).exists();
    }
  }

  @Test
  void anNginxThatIsDownIsTold() {
    source.container("reverse_proxy").stopped();
    assertThatThrownBy(() -> proxy().lead())
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("is not running")
        .hasMessageContaining("see that pryv_reverse_proxy_1 runs");
  }

  private boolean nginxReadsItsOwnRegister() {
    try {
      return Files.readString(read).equals(SITE);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private ReloadedProxy proxy() {
    FileUndo files = new FileUndo("source", hands.files(source.shell().machine()), hands.journal());
    return new ReloadedProxy(
        () -> files.undo(site.toString()),
        new NginxContainer(hands.on(source.shell().machine()), source.register().layout()),
        WriteProof.atItsAddress(source.register(), FakeRedis.door(redis), https, "pryv.lab"),
        Duration.ofMillis(200));
  }
}
