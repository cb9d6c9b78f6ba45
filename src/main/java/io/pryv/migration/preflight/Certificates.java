package io.pryv.migration.preflight;

import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.machine.TlsFiles;
import io.pryv.migration.machine.UnexpectedText;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The certificates that dest's nginx will show: they must be there first (field guide 3.21). */
final class Certificates {

  private static final Duration SOON = Duration.ofDays(30);

  /** Nginx believes no certificate that has ended: within this, the days of proxying would. */
  private static final Duration TOO_SOON = Duration.ofDays(2);

  private static final String KNOWN_BY = "known over TLS by";
  private static final String RENEWAL = "what renews its certificate";
  private static final int DNS_NAME = 2;

  private Certificates() {}

  static List<Finding> check(
      String machine, String domain, List<TlsFiles> files, Facts facts, Instant now) {
    if (files.isEmpty()) {
      return List.of(
          Finding.stop(
              machine,
              "nginx certificates",
              "ssl_certificate and ssl_certificate_key",
              "none in nginx's files",
              "deploy the platform's certificate on " + machine));
    }
    List<Finding> findings = new ArrayList<>();
    boolean covered = false;
    for (int i = 0; i < files.size(); i++) {
      String file = files.get(i).certificate();
      String pem = facts.get("certificate." + i);
      if (pem.isEmpty() || !facts.has("key." + i)) {
        findings.add(
            Finding.stop(
                machine,
                pem.isEmpty() ? file : files.get(i).key(),
                "the file that nginx is told to read",
                "none, or not readable",
                "put the platform's certificate and key on " + machine + " first"));
        continue;
      }
      if (!facts.get("certpub." + i).equals(facts.get("keypub." + i))) {
        findings.add(
            Finding.stop(
                machine,
                file,
                "the certificate of the key " + files.get(i).key(),
                "that of another key",
                "put the pair that belongs together there: nginx would not start"));
        continue;
      }
      try {
        X509Certificate certificate = parse(pem);
        findings.add(validity(machine, file, certificate, now));
        covered |= covers(certificate, domain);
      } catch (CertificateException e) {
        findings.add(
            Finding.stop(machine, file, "a certificate in PEM", e.getMessage(), "replace it"));
      }
    }
    if (!covered && findings.stream().noneMatch(finding -> finding.level() == Finding.Level.STOP)) {
      findings.add(
          Finding.stop(
              machine,
              "nginx certificates",
              "one for *." + domain,
              "none among " + String.join(", ", files.stream().map(TlsFiles::certificate).toList()),
              "deploy the platform's certificate on " + machine));
    }
    return findings;
  }

  /**
   * By what the other machine's nginx will know this one.
   *
   * @param pemFiles the certificates that its nginx's files name
   */
  static Optional<ServerIdentity> identity(
      String machine, String domain, List<String> pemFiles, List<Finding> findings) {
    try {
      ServerIdentity identity = ServerIdentity.of(pemFiles, domain);
      findings.add(Finding.pass(machine, KNOWN_BY, identity.inWords()));
      return Optional.of(identity);
    } catch (UnexpectedText unknown) {
      findings.add(
          Finding.stop(machine, KNOWN_BY, unknown.expected(), unknown.found(), unknown.next()));
      return Optional.empty();
    }
  }

  /** By what dest's nginx would know source, once names lead clients to dest and it returns. */
  static Finding ofReturn(String domain, List<String> pemFiles) {
    try {
      return Finding.pass("source", KNOWN_BY, ServerIdentity.of(pemFiles, domain).inWords());
    } catch (UnexpectedText unknown) {
      return Finding.warn(
          "source",
          KNOWN_BY,
          unknown.expected() + ": a return needs it, while names lead clients to dest",
          unknown.found(),
          unknown.next());
    }
  }

  /** What a renewal in the days of proxying would do. */
  static Finding renewal(String machine, ServerIdentity identity, List<String> renewers) {
    String found = renewers.isEmpty() ? "nothing" : String.join("; ", renewers);
    if (!identity.pinned()) {
      return Finding.pass(
          machine,
          RENEWAL,
          found + "; source's nginx believes in a renewed one of the same authority, too");
    }
    return renewers.isEmpty()
        ? Finding.pass(machine, RENEWAL, found)
        : Finding.warn(
            machine,
            RENEWAL,
            "nothing that renews a self-signed certificate while source passes clients on: source's"
                + " nginx knows it by itself",
            found,
            "stop it until source is retired. While source follows dest, its files are watched and"
                + " what they hold anew is added on source, but between the renewal and that clients"
                + " of source may get 502");
  }

  private static Finding validity(
      String machine, String file, X509Certificate certificate, Instant now) {
    Instant from = certificate.getNotBefore().toInstant();
    Instant until = certificate.getNotAfter().toInstant();
    if (now.isBefore(from) || now.isAfter(until)) {
      return Finding.stop(
          machine, file, "valid now", "valid %s to %s".formatted(from, until), "renew it");
    }
    if (until.isBefore(now.plus(TOO_SOON))) {
      return Finding.stop(
          machine,
          file,
          "valid for the days in which source passes clients on to " + machine,
          "valid until " + until,
          "renew it first: source's nginx would refuse it from then on, and clients with it");
    }
    return until.isBefore(now.plus(SOON))
        ? Finding.warn(
            machine, file, "valid for a month and more", "valid until " + until, "renew it soon")
        : Finding.pass(machine, file, "valid until " + until);
  }

  private static X509Certificate parse(String pem) throws CertificateException {
    byte[] bytes = pem.getBytes(StandardCharsets.US_ASCII);
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(bytes));
  }

  /** Whether it is for every name of the domain (RFC 6125: subject alternative names first). */
  private static boolean covers(X509Certificate certificate, String domain)
      throws CertificateException {
    String wildcard = "*." + domain.toLowerCase(Locale.ROOT);
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    if (names == null) {
      return certificate
          .getSubjectX500Principal()
          .getName()
          .toLowerCase(Locale.ROOT)
          .matches("(.*,)?cn=\\Q" + wildcard + "\\E(,.*)?");
    }
    return names.stream()
        .anyMatch(
            name ->
                name.get(0).equals(DNS_NAME)
                    && String.valueOf(name.get(1)).toLowerCase(Locale.ROOT).equals(wildcard));
  }
}
