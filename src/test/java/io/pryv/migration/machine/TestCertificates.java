package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Certificates as openssl makes them, in a directory: NAME.key and NAME.crt. */
public final class TestCertificates {

  private final Path directory;

  public TestCertificates(Path directory) {
    this.directory = directory;
  }

  /** A self-signed one for every name of the domain. */
  public TestCertificates selfSigned(String name, String domain) {
    return selfSigned(name, domain, 2);
  }

  /** The same, which ends in so many days. */
  public TestCertificates selfSigned(String name, String domain, int days) {
    openssl(
        request(name, "/CN=*." + domain, days),
        "-addext",
        "subjectAltName=DNS:*." + domain + ",DNS:" + domain);
    return this;
  }

  /** An authority of one's own. */
  public TestCertificates authority(String name) {
    openssl(request(name, "/CN=" + name, 30), "-addext", "keyUsage=keyCertSign,cRLSign");
    return this;
  }

  /** An authority, issued by another one. */
  public TestCertificates intermediate(String name, String by) {
    return issued(name, "/CN=" + name, by, "basicConstraints=critical,CA:true");
  }

  /** One for every name of the domain, issued by an authority. */
  public TestCertificates issued(String name, String domain, String by) {
    return issued(name, "/CN=*." + domain, by, "subjectAltName=DNS:*." + domain);
  }

  private TestCertificates issued(String name, String subject, String by, String extension) {
    try {
      Files.writeString(directory.resolve(name + ".ext"), extension + "\n");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    openssl(
        List.of(
            ("req -newkey rsa:2048 -nodes -keyout %1$s.key -out %1$s.csr -subj".formatted(name)
                    + " "
                    + subject)
                .split(" ", -1)));
    openssl(
        List.of(
            ("x509 -req -in %1$s.csr -CA %2$s.crt -CAkey %2$s.key -CAcreateserial -days 2"
                    + " -extfile %1$s.ext -out %1$s.crt")
                .formatted(name, by)
                .split(" ", -1)));
    return this;
  }

  /** The texts of several, one behind the other, as a file for nginx has them. */
  public String pem(String... names) {
    StringBuilder text = new StringBuilder();
    for (String name : names) {
      try {
        text.append(Files.readString(directory.resolve(name + ".crt")));
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
    return text.toString();
  }

  private static List<String> request(String name, String subject, int days) {
    return List.of(
        "req -x509 -newkey rsa:2048 -nodes -keyout %1$s.key -out %1$s.crt -days %2$d -subj %3$s"
            .formatted(name, days, subject)
            .split(" ", -1));
  }

  private void openssl(List<String> arguments, String... more) {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(arguments);
    command.addAll(Arrays.asList(more));
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(output).isZero();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
