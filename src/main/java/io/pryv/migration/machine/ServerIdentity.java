package io.pryv.migration.machine;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * By what a register is known over TLS. It comes from the files of its own nginx, read over SSH,
 * where the host key says whose they are; never from whoever answers at its address. A certificate
 * that an authority has issued is known by the root of that authority, so that its renewal changes
 * nothing; one that is self-signed is known by itself.
 *
 * @param anchors what to believe in, in PEM, as nginx and we take it
 * @param pinned whether a renewal changes the anchors, since one of them is self-signed by the
 *     register
 * @param names subjects of the anchors, for the operator
 * @param until when the first of the certificates ends
 */
public record ServerIdentity(String anchors, boolean pinned, List<String> names, Instant until) {

  private static final int DNS_NAME = 2;
  private static final Pattern IN_PEM =
      Pattern.compile("-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----");

  /** Copies the list. */
  public ServerIdentity {
    names = List.copyOf(names);
  }

  /**
   * That of a register, by the files of its nginx.
   *
   * @throws StepFailure when they can not be read, or do not lead to a root
   */
  public static ServerIdentity of(RemoteFiles files, Register register, String domain) {
    Layout layout = register.layout();
    List<String> texts =
        Stream.of(layout.nginxConfDirectory() + "/nginx.conf", layout.nginxSiteFile())
            .flatMap(path -> text(files, path).stream())
            .toList();
    List<TlsFiles> named = TlsFiles.named(texts, layout.nginxConfDirectory());
    List<String> chains =
        named.stream()
            .map(TlsFiles::certificate)
            .distinct()
            .flatMap(path -> text(files, path).stream())
            .toList();
    try {
      return of(chains, domain);
    } catch (UnexpectedText e) {
      throw e.in(
          register.machine().name(),
          named.isEmpty()
              ? layout.nginxConfDirectory()
              : named.stream().map(TlsFiles::certificate).collect(Collectors.joining(", ")));
    }
  }

  private static Optional<String> text(RemoteFiles files, String path) {
    return files.read(path).map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1));
  }

  /**
   * By the files that hold a certificate each, and what nginx sends along with it.
   *
   * @param domain whose names count; what is for none of them is left out
   * @throws UnexpectedText when there is none, or one does not lead to a root
   */
  public static ServerIdentity of(List<String> pemFiles, String domain) {
    return of(pemFiles, domain, Roots.KNOWN);
  }

  static ServerIdentity of(List<String> pemFiles, String domain, List<X509Certificate> roots) {
    List<List<X509Certificate>> chains = new ArrayList<>();
    for (String pem : pemFiles) {
      List<X509Certificate> chain = parse(pem);
      if (!chain.isEmpty() && isFor(chain.get(0), domain)) {
        chains.add(chain);
      }
    }
    if (chains.isEmpty()) {
      throw new UnexpectedText(
          "a certificate for names of " + domain + ", named by ssl_certificate in nginx's files",
          "none that can be read",
          "deploy the platform's certificate there, then retry");
    }
    Set<X509Certificate> anchors = new LinkedHashSet<>();
    boolean pinned = false;
    for (List<X509Certificate> chain : chains) {
      anchors.add(anchor(chain, roots));
      pinned |= selfSigned(chain.get(0));
    }
    return new ServerIdentity(
        anchors.stream().map(ServerIdentity::pem).collect(Collectors.joining()),
        pinned,
        anchors.stream().map(anchor -> anchor.getSubjectX500Principal().getName()).toList(),
        chains.stream()
            .map(chain -> chain.get(0).getNotAfter().toInstant())
            .min(Comparator.naturalOrder())
            .orElseThrow());
  }

  /** Where nginx on a machine keeps by what it knows the register at an address. */
  public static String file(Layout layout, String address) {
    return layout.nginxConfDirectory() + "/" + name(address);
  }

  /** The same, as nginx sees it in its container. */
  public static String fileInside(String address) {
    return "/app/conf/" + name(address);
  }

  private static String name(String address) {
    return "register-migration-" + address + ".pem";
  }

  /** Whether a file of anchors has all of these. */
  public boolean isIn(String pemFile) {
    List<String> there = certificates(pemFile);
    return there.containsAll(certificates(anchors));
  }

  /** A file of anchors with these added. */
  public String addedTo(String pemFile) {
    List<String> there = certificates(pemFile);
    return pemFile
        + certificates(anchors).stream()
            .filter(one -> !there.contains(one))
            .map(one -> one + "\n")
            .collect(Collectors.joining());
  }

  private static List<String> certificates(String pem) {
    return IN_PEM.matcher(pem.replace("\r", "")).results().map(result -> result.group()).toList();
  }

  /** What it is known by, in words. */
  public String inWords() {
    return (pinned ? "the certificate itself, self-signed: " : "the authority ")
        + String.join("; ", names);
  }

  /** The root to which a chain leads, in the order in which its file has it or not. */
  private static X509Certificate anchor(List<X509Certificate> file, List<X509Certificate> roots) {
    List<X509Certificate> chain = new ArrayList<>(List.of(file.get(0)));
    while (!selfSigned(last(chain))) {
      Optional<X509Certificate> issuer = issuer(last(chain), file);
      if (issuer.isEmpty() || chain.contains(issuer.get())) {
        break;
      }
      chain.add(issuer.get());
    }
    if (selfSigned(last(chain))) {
      return last(chain);
    }
    // The topmost first; an older one may be issued by a root that nobody has any more.
    for (int i = chain.size() - 1; i >= 0; i--) {
      Optional<X509Certificate> root = issuer(chain.get(i), roots);
      if (root.isPresent()) {
        return root.get();
      }
    }
    throw new UnexpectedText(
        "a certificate that leads to a root: one of the known authorities', or one in the same file",
        "it ends at " + last(chain).getIssuerX500Principal().getName() + ", which is in neither",
        "put the certificate of that authority at the end of the file, behind the others (clients"
            + " do not mind), let nginx there read it, then retry");
  }

  private static X509Certificate last(List<X509Certificate> chain) {
    return chain.get(chain.size() - 1);
  }

  private static Optional<X509Certificate> issuer(
      X509Certificate of, Collection<X509Certificate> among) {
    return among.stream()
        .filter(one -> one.getSubjectX500Principal().equals(of.getIssuerX500Principal()))
        .filter(one -> signed(of, one))
        .findFirst();
  }

  private static boolean selfSigned(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())
        && signed(certificate, certificate);
  }

  private static boolean signed(X509Certificate certificate, X509Certificate by) {
    try {
      certificate.verify(by.getPublicKey());
      return true;
    } catch (GeneralSecurityException no) {
      return false;
    }
  }

  private static boolean isFor(X509Certificate certificate, String domain) {
    String end = domain.toLowerCase(Locale.ROOT);
    Collection<List<?>> names;
    try {
      names = certificate.getSubjectAlternativeNames();
    } catch (CertificateException unreadable) {
      return false;
    }
    Stream<String> dnsNames =
        names == null
            ? commonName(certificate).stream()
            : names.stream()
                .filter(name -> name.get(0).equals(DNS_NAME))
                .map(name -> String.valueOf(name.get(1)));
    return dnsNames
        .map(name -> name.toLowerCase(Locale.ROOT))
        .anyMatch(name -> name.equals(end) || name.endsWith("." + end));
  }

  private static Optional<String> commonName(X509Certificate certificate) {
    Matcher matcher =
        Pattern.compile("(?:^|,)CN=([^,]+)")
            .matcher(certificate.getSubjectX500Principal().getName());
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  static List<X509Certificate> parse(String pemFile) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    // Files of certificates commonly have words between them.
    certificates(pemFile)
        .forEach(one -> bytes.writeBytes((one + "\n").getBytes(StandardCharsets.US_ASCII)));
    try {
      return CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(bytes.toByteArray()))
          .stream()
          .map(X509Certificate.class::cast)
          .toList();
    } catch (CertificateException e) {
      throw new UnexpectedText("certificates in PEM", String.valueOf(e.getMessage()), "replace it");
    }
  }

  private static String pem(Certificate certificate) {
    try {
      return "-----BEGIN CERTIFICATE-----\n"
          + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
          + "\n-----END CERTIFICATE-----\n";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("it was read from bytes", e);
    }
  }

  /** The authorities that Java knows. */
  private static final class Roots {

    private static final List<X509Certificate> KNOWN = known();

    private static List<X509Certificate> known() {
      try {
        TrustManagerFactory factory =
            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        List<X509Certificate> roots = new ArrayList<>();
        for (TrustManager manager : factory.getTrustManagers()) {
          if (manager instanceof X509TrustManager x509) {
            roots.addAll(Arrays.asList(x509.getAcceptedIssuers()));
          }
        }
        return roots;
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("Every Java has such a list", e);
      }
    }
  }
}
