package io.pryv.migration.preflight;

import io.pryv.migration.machine.NginxDirective;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.preflight.CloserLook.TlsFiles;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The certificates that dest's nginx will show: they must be there first (field guide 3.21). */
final class Certificates {

  private static final Duration SOON = Duration.ofDays(30);
  private static final int DNS_NAME = 2;

  private Certificates() {}

  /** The certificates that nginx's files name, with their keys, as paths on the host. */
  static List<TlsFiles> named(List<String> nginxFiles, String confDirectory) {
    Set<TlsFiles> files = new LinkedHashSet<>();
    for (String text : nginxFiles) {
      try {
        collect(NginxDirective.parse(text), confDirectory, files);
      } catch (UnexpectedText notNginx) {
        // The check of the site file says so; other files may not be nginx's at all.
      }
    }
    return List.copyOf(files);
  }

  private static void collect(
      List<NginxDirective> level, String confDirectory, Set<TlsFiles> files) {
    List<String> certificates = arguments(level, "ssl_certificate");
    List<String> keys = arguments(level, "ssl_certificate_key");
    for (int i = 0; i < Math.min(certificates.size(), keys.size()); i++) {
      files.add(
          new TlsFiles(
              onHost(certificates.get(i), confDirectory), onHost(keys.get(i), confDirectory)));
    }
    level.forEach(directive -> collect(directive.children(), confDirectory, files));
  }

  private static List<String> arguments(List<NginxDirective> level, String name) {
    return level.stream()
        .filter(directive -> directive.name().equals(name))
        .flatMap(directive -> directive.arguments().stream().limit(1))
        .toList();
  }

  private static String onHost(String path, String confDirectory) {
    String relative = path.startsWith("/app/conf/") ? path.substring("/app/conf/".length()) : path;
    return relative.startsWith("/") ? relative : confDirectory + "/" + relative;
  }

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

  private static Finding validity(
      String machine, String file, X509Certificate certificate, Instant now) {
    Instant from = certificate.getNotBefore().toInstant();
    Instant until = certificate.getNotAfter().toInstant();
    if (now.isBefore(from) || now.isAfter(until)) {
      return Finding.stop(
          machine, file, "valid now", "valid %s to %s".formatted(from, until), "renew it");
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
