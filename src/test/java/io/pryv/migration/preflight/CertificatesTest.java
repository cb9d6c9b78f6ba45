package io.pryv.migration.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.machine.TlsFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CertificatesTest {

  private static final List<TlsFiles> FILES =
      List.of(new TlsFiles("/conf/secret/pryv.crt", "/conf/secret/pryv.key"));

  @TempDir static Path directory;
  private static String wildcard;
  private static String plain;

  private final Map<String, String> facts = new HashMap<>();

  @BeforeAll
  static void makeCertificates() throws Exception {
    wildcard = certificate("/CN=whatever", "subjectAltName=DNS:pryv.lab,DNS:*.Pryv.Lab");
    plain = certificate("/O=Pryv/CN=*.pryv.lab", "keyUsage=digitalSignature");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ssl_certificate /app/conf/secret/a.crt; ssl_certificate_key /app/conf/secret/a.key;",
        "server { ssl_certificate secret/a.crt; ssl_certificate_key secret/a.key; }",
        "http { # ssl_certificate /app/conf/secret/old.crt;\n server { ssl_certificate"
            + " '/app/conf/secret/a.crt'; ssl_certificate_key /app/conf/secret/a.key; } }",
      })
  void pathsInTheContainerAreFoundOnTheHost(String conf) {
    assertThat(TlsFiles.named(List.of(conf), "/var/pryv/reg-master/nginx/conf"))
        .containsExactly(
            new TlsFiles(
                "/var/pryv/reg-master/nginx/conf/secret/a.crt",
                "/var/pryv/reg-master/nginx/conf/secret/a.key"));
  }

  @Test
  void aFileThatIsNotNginxsNamesNone() {
    assertThat(TlsFiles.named(List.of("{ broken", ""), "/conf")).isEmpty();
  }

  @Test
  void aCertificateForTheDomainPasses() {
    assertThat(check(wildcard, "pryv.lab", Instant.now()).level()).isEqualTo(Finding.Level.PASS);
    assertThat(check(plain, "pryv.lab", Instant.now()).level()).isEqualTo(Finding.Level.PASS);
  }

  @Test
  void aCertificateForAnotherDomainStops() {
    Finding finding = check(wildcard, "other.lab", Instant.now());

    assertThat(finding.level()).isEqualTo(Finding.Level.STOP);
    assertThat(finding.expected()).isEqualTo("one for *.other.lab");
    assertThat(finding.found()).isEqualTo("none among /conf/secret/pryv.crt");
    assertThat(check(plain, "lab", Instant.now()).level()).isEqualTo(Finding.Level.STOP);
  }

  @ParameterizedTest
  @CsvSource({"-1, STOP", "1, PASS", "80, WARN", "97, WARN", "99, STOP", "101, STOP"})
  void itsEndIsSeenInTime(int days, Finding.Level level) {
    Finding finding = check(wildcard, "pryv.lab", Instant.now().plus(Duration.ofDays(days)));

    assertThat(finding.level()).isEqualTo(level);
    assertThat(finding.check()).isEqualTo("/conf/secret/pryv.crt");
  }

  @ParameterizedTest
  @CsvSource({
    "false, cron: 0 3 * * * certbot renew, PASS",
    "true, cron: 0 3 * * * acme.sh --cron, WARN",
    "true, '', PASS"
  })
  void aRenewalThatWouldCutClientsOffIsToldBeforehand(
      boolean pinned, String renewer, Finding.Level level) {
    ServerIdentity identity = new ServerIdentity("", pinned, List.of("CN=x"), Instant.now());

    Finding finding =
        Certificates.renewal("dest", identity, renewer.isEmpty() ? List.of() : List.of(renewer));

    assertThat(finding.level()).isEqualTo(level);
    assertThat(finding.found()).contains(renewer.isEmpty() ? "nothing" : renewer);
  }

  @Test
  void whatIsKnownOfDestIsTold() {
    List<Finding> findings = new ArrayList<>();

    assertThat(Certificates.identity("dest", "pryv.lab", List.of(wildcard), findings))
        .get()
        .extracting(ServerIdentity::pinned)
        .isEqualTo(true);
    assertThat(findings)
        .singleElement()
        .extracting(Finding::found)
        .isEqualTo("the certificate itself, self-signed: CN=whatever");
    assertThat(Certificates.ofReturn("other.lab", List.of(wildcard)).level())
        .isEqualTo(Finding.Level.WARN);
  }

  @Test
  void aKeyOfAnotherCertificateStops() {
    facts.put("keypub.0", "another");

    Finding finding = check(wildcard, "pryv.lab", Instant.now());

    assertThat(finding.level()).isEqualTo(Finding.Level.STOP);
    assertThat(finding.expected()).isEqualTo("the certificate of the key /conf/secret/pryv.key");
  }

  @Test
  void aFileThatHoldsNoCertificateStops() {
    assertThat(check("-----BEGIN NONSENSE-----", "pryv.lab", Instant.now()).level())
        .isEqualTo(Finding.Level.STOP);
  }

  @Test
  void aMissingKeyStops() {
    facts.put("key.0", "");

    assertThat(check(wildcard, "pryv.lab", Instant.now()))
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(Finding.Level.STOP);
              assertThat(finding.check()).isEqualTo("/conf/secret/pryv.key");
            });
  }

  @Test
  void noCertificateAtAllStops() {
    assertThat(Certificates.check("dest", "pryv.lab", List.of(), new Facts(facts), Instant.now()))
        .singleElement()
        .satisfies(finding -> assertThat(finding.level()).isEqualTo(Finding.Level.STOP));
  }

  private Finding check(String pem, String domain, Instant now) {
    facts.put("certificate.0", pem);
    facts.putIfAbsent("key.0", "yes");
    List<Finding> findings = Certificates.check("dest", domain, FILES, new Facts(facts), now);
    return findings.get(findings.size() - 1);
  }

  private static String certificate(String subject, String extension) throws Exception {
    Process openssl =
        new ProcessBuilder(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-keyout",
                "key",
                "-out",
                "crt",
                "-days",
                "100",
                "-subj",
                subject,
                "-addext",
                extension)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(openssl.waitFor()).as(output).isZero();
    return Files.readString(directory.resolve("crt"));
  }
}
