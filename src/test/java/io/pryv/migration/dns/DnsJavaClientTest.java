package io.pryv.migration.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.pryv.lab.standin.DnsServer;
import io.pryv.lab.standin.RedisProcess;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DnsJavaClientTest {

  private static RedisProcess redis;
  private static DnsServer dns;
  private static String server;
  private final DnsJavaClient client = new DnsJavaClient();

  @BeforeAll
  static void start() throws IOException {
    redis = RedisProcess.start();
    String config =
        """
        {"domain": "pryv.lab", "port": 0, "ttl": 5,
         "redis": {"host": "127.0.0.1", "port": %d},
         "nameServers": [{"name": "dns1.pryv.lab", "ip": "10.90.0.11"}],
         "static": {"reg": {"ips": ["10.90.0.11", "10.90.0.12"]}},
         "mx": [{"name": "Mail.pryv.lab", "priority": 10}], "txt": ["Keep THIS. as it is."]}
        """
            .formatted(redis.port());
    dns = new DnsServer(new ObjectMapper().readValue(config, DnsServer.Config.class));
    dns.start();
    server = "127.0.0.1:" + dns.port();
  }

  @AfterAll
  static void stop() {
    dns.close();
    redis.close();
  }

  @Test
  void givesTheSameRecordsHoweverTheServerRotatesThem() {
    for (int i = 0; i < 4; i++) {
      DnsClient.Answer answer = client.ask(server, "reg.pryv.lab", "A");
      assertThat(answer.code()).isEqualTo("NOERROR");
      assertThat(answer.records()).containsExactly("A 10.90.0.11", "A 10.90.0.12");
      assertThat(answer.ttl()).isEqualTo(5);
    }
  }

  @Test
  void writesNamesInLowerCaseWithoutTheFinalDotAndLeavesTextAlone() {
    assertThat(client.ask(server, "wactiv.pryv.lab", "A").records())
        .containsExactly("CNAME core1.pryv.lab");
    assertThat(client.ask(server, "pryv.lab", "MX").records())
        .containsExactly("MX 10 mail.pryv.lab");
    assertThat(client.ask(server, "pryv.lab", "TXT").records())
        .containsExactly("TXT \"Keep THIS. as it is.\"");
  }

  @Test
  void tellsAnEmptyAnswerFromNone() {
    DnsClient.Answer empty = client.ask(server, "nobody.pryv.lab", "A");
    assertThat(empty.empty()).isTrue();
    assertThat(empty.code()).isEqualTo("NOERROR");
  }

  @Test
  void saysWhoWasSilentAndForHowLong() throws IOException {
    try (DatagramSocket silent =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      String nobody = "127.0.0.1:" + silent.getLocalPort();
      assertThatThrownBy(() -> client.ask(nobody, "reg.pryv.lab", "A"))
          .isInstanceOf(StepFailure.class)
          .hasMessageContainingAll(nobody, "A reg.pryv.lab", "within 2 s", "Timed out", "53/udp");
    }
  }

  @Test
  void refusesWhatIsNoName() {
    assertThatThrownBy(() -> client.ask(server, "two..dots", "A"))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("two..dots");
  }
}
