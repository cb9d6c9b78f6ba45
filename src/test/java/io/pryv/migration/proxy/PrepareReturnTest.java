package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.FakeHttps;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.TestCertificates;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.FakeStep;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A rollback from a dest whose nginx does not work: what is to be cured must not keep it. */
class PrepareReturnTest {

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final SandboxRegister dest = new SandboxRegister(SandboxShell.of(Role.DEST));
  private final SandboxHands hands = new SandboxHands(source.shell(), dest.shell());
  private Path site;
  private FakeStep step;

  @BeforeEach
  void nginxOfDestIsBroken() throws Exception {
    site =
        dest.shell()
            .confFile(
                "reg-master/nginx/conf/site.conf",
                "upstream register_server { server register:9000; }\n");
    Path conf = Files.createDirectories(source.shell().confRoot().resolve("reg-master/nginx/conf"));
    TestCertificates certificates = new TestCertificates(conf).selfSigned("source", "pryv.lab");
    Files.writeString(conf.resolve("crt"), certificates.pem("source"));
    Files.writeString(
        conf.resolve("nginx.conf"),
        "http { ssl_certificate /app/conf/crt; ssl_certificate_key source.key; }\n");
    dest.container("reverse_proxy")
        .program("nginx", "echo 'nginx: [emerg] unexpected end of file' >&2\nexit 1\n");
    step =
        new FakeStep(
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
                new Options(
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
                    Duration.ofSeconds(1))),
            hands,
            hands.journal(),
            source.register(),
            dest.register());
  }

  @AfterEach
  void remove() {
    source.close();
    dest.close();
  }

  private String prepared() {
    return step.run(new PrepareReturnDelegate(step.contexts(), new FakeHttps()));
  }

  @Test
  void theReturnGoesWithoutTheHoldAndSaysSo() throws Exception {
    String before = Files.readString(site);
    step.put("namesMoved", false);
    assertThat(prepared())
        .contains(
            "registrations do not wait in dest's nginx",
            "read the configuration that nginx runs with");
    assertThat(step.get("registrationsWaitBack", Boolean.class)).isFalse();
    assertThat(step.find("returnSite", SiteFile.Prepared.class)).isEmpty();
    assertThat(Files.readString(site)).isEqualTo(before);
  }

  @Test
  void whoeverTheNameServersLeadToDestMustBePassedOn() {
    step.put("namesMoved", true);
    assertThatThrownBy(this::prepared).isInstanceOf(StepFailure.class);
  }
}
