package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.machine.FakeHttps;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.machine.TestCertificates;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.process.FakeStep;
import io.pryv.migration.process.Following;
import io.pryv.migration.process.StandingWatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Source's nginx passes on to dest, for days. */
class IdentityWatchTest {

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final SandboxRegister dest = new SandboxRegister(SandboxShell.of(Role.DEST));
  private final SandboxHands hands = new SandboxHands(source.shell(), dest.shell());
  private final String address = dest.shell().machine().publicAddress();
  private final FakeHttps https = new FakeHttps().answers(address, "dest");
  private final IdentityWatch watch = new IdentityWatch(https);
  @TempDir Path directory;
  private TestCertificates certificates;
  private Path believed;

  @BeforeEach
  void passesOn() throws Exception {
    certificates = new TestCertificates(directory).selfSigned("first", "pryv.lab", 100);
    dest.shell().confFile("reg-master/nginx/conf/site.conf", "\n");
    dest.shell()
        .confFile(
            "reg-master/nginx/conf/nginx.conf",
            "ssl_certificate /app/conf/crt; ssl_certificate_key /app/conf/key;\n");
    destHas("first");
    believed = Path.of(ServerIdentity.file(source.register().layout(), address));
    Files.createDirectories(believed.getParent());
    Files.writeString(believed, certificates.pem("first"));
    source
        .container("reverse_proxy")
        .program(
            "nginx",
            """
            case $1 in
              -V) echo 'configure arguments: --conf-path=/app/conf/nginx.conf' >&2 ;;
              -s) echo read >>"$SANDBOX/nginx-read" ;;
            esac
            """);
  }

  @AfterEach
  void remove() {
    source.close();
    dest.close();
  }

  private void destHas(String name) {
    dest.shell().confFile("reg-master/nginx/conf/crt", certificates.pem(name));
    https.shows(address, certificates.pem(name));
  }

  private FakeStep step() {
    return new FakeStep(
        SandboxRegister.MIGRATION,
        new Platform(
            "lab",
            "pryv.lab",
            source.shell().machine(),
            dest.shell().machine(),
            List.of(),
            List.of(),
            "known_hosts",
            List.of(),
            List.of(),
            (Options) null),
        hands,
        hands.journal(),
        source.register(),
        dest.register());
  }

  /** The first look that finds what is asked for. */
  private StandingWatch.Finding look(Predicate<StandingWatch.Finding> wanted) {
    AtomicReference<StandingWatch.Finding> found = new AtomicReference<>();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              found.set(watch.look(step(), Following.SOURCE));
              return wanted.test(found.get());
            });
    return found.get();
  }

  @Test
  void aRenewedCertificateIsAddedToWhatSourcesNginxBelieves() throws Exception {
    certificates.selfSigned("second", "pryv.lab", 100);
    destHas("second");

    StandingWatch.Finding found = look(finding -> !finding.remedies().isEmpty());

    assertThat(found.troubles())
        .singleElement()
        .asString()
        .startsWith("the certificate of dest was renewed: source's nginx does not know");
    assertThat(found.remedies().get(0).get())
        .isEqualTo(
            "source's nginx knows the new certificate of dest as well: the certificate itself,"
                + " self-signed: CN=*.pryv.lab");
    assertThat(believed).hasContent(certificates.pem("first", "second"));
    assertThat(source.shell().root().resolve("nginx-read")).hasContent("read");
    assertThat(look(finding -> finding.troubles().isEmpty()).remedies()).isEmpty();
  }

  @Test
  void aStrangerAtDestsAddressIsAnIncidentAndIsNotBelieved() {
    certificates.selfSigned("stranger", "pryv.lab", 100);
    https.shows(address, certificates.pem("stranger"));

    StandingWatch.Finding found = look(finding -> !finding.troubles().isEmpty());

    assertThat(found.troubles())
        .singleElement()
        .asString()
        .startsWith("at dest's address a certificate is shown that is not dest's");
    assertThat(found.remedies()).isEmpty();
    assertThat(believed).hasContent(certificates.pem("first"));
  }

  @Test
  void anEndThatIsNearIsToldBeforehand() {
    certificates.selfSigned("short", "pryv.lab", 1);
    destHas("short");
    assertThat(look(finding -> !finding.remedies().isEmpty()).remedies().get(0).get()).isNotNull();

    assertThat(look(finding -> finding.remedies().isEmpty()).troubles())
        .singleElement()
        .asString()
        .startsWith("the certificate of dest ends at 20");
  }

  @Test
  void nothingIsToldWhereNobodyIsPassedOn() throws Exception {
    Files.delete(believed);
    https.shows(address, "another");
    for (int i = 0; i < 3; i++) {
      assertThat(watch.look(step(), Following.SOURCE).troubles()).isEmpty();
    }
    assertThat(https.requests()).isEmpty();
  }
}
