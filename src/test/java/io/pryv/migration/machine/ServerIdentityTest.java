package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerIdentityTest {

  @TempDir static Path directory;
  private static TestCertificates made;

  @BeforeAll
  static void makeCertificates() {
    made =
        new TestCertificates(directory)
            .selfSigned("own", "pryv.lab")
            .selfSigned("elsewhere", "example.lab")
            .authority("root")
            .intermediate("between", "root")
            .issued("leaf", "pryv.lab", "between");
  }

  @Test
  void aSelfSignedCertificateIsKnownByItself() {
    ServerIdentity identity = of("own");
    assertThat(identity.anchors()).isEqualTo(made.pem("own"));
    assertThat(identity.pinned()).isTrue();
    assertThat(identity.names()).containsExactly("CN=*.pryv.lab");
  }

  @Test
  void oneOfAnAuthorityIsKnownByItsRoot() {
    for (String[] file :
        List.of(new String[] {"leaf", "between", "root"}, new String[] {"leaf", "root", "between"}))
      assertThat(of(file))
          .satisfies(
              identity -> {
                assertThat(identity.anchors()).isEqualTo(made.pem("root"));
                assertThat(identity.pinned()).isFalse();
              });
  }

  /** As public authorities have it: servers do not send the root. */
  @Test
  void aRootThatIsNotInTheFileIsTakenFromTheKnownOnes() {
    List<X509Certificate> known = ServerIdentity.parse(made.pem("own", "root"));
    assertThat(ServerIdentity.of(List.of(made.pem("leaf", "between")), "pryv.lab", known).anchors())
        .isEqualTo(made.pem("root"));
  }

  @Test
  void aChainThatEndsInTheMiddleIsTold() {
    assertThatThrownBy(() -> of("leaf", "between"))
        .isInstanceOf(UnexpectedText.class)
        .hasMessageContaining("it ends at CN=root")
        .hasMessageContaining("at the end of the file");
  }

  @Test
  void certificatesForOtherDomainsDoNotCount() {
    assertThat(
            ServerIdentity.of(List.of(made.pem("elsewhere"), made.pem("own")), "pryv.lab")
                .anchors())
        .isEqualTo(made.pem("own"));
    assertThatThrownBy(() -> of("elsewhere")).isInstanceOf(UnexpectedText.class);
    assertThatThrownBy(() -> ServerIdentity.of(List.of("no PEM"), "pryv.lab"))
        .isInstanceOf(UnexpectedText.class);
  }

  @Test
  void wordsBetweenCertificatesAndOtherLineEndsDoNotMatter() {
    String file = "subject=x\r\n" + made.pem("own").replace("\n", "\r\n") + "the end";
    assertThat(ServerIdentity.of(List.of(file), "pryv.lab").anchors()).isEqualTo(made.pem("own"));
  }

  @Test
  void whatIsRenewedIsAddedToWhatWasBelieved() {
    ServerIdentity own = of("own");
    String before = made.pem("root");
    assertThat(own.isIn(before)).isFalse();
    String after = own.addedTo(before);
    assertThat(after).isEqualTo(made.pem("root", "own"));
    assertThat(own.isIn(after)).isTrue();
    assertThat(own.addedTo(after)).isEqualTo(after);
  }

  private static ServerIdentity of(String... names) {
    return ServerIdentity.of(List.of(made.pem(names)), "pryv.lab");
  }
}
