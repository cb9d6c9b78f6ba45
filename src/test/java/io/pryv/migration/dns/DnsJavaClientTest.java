package io.pryv.migration.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.dns.DnsClient.Answer;
import io.pryv.migration.platform.StepFailure;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Master;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

class DnsJavaClientTest {

  private final DnsClient dns = new DnsJavaClient(Duration.ofMillis(500));

  @Test
  void recordsAreCanonicalAndSortedWhateverTheirOrder() throws Exception {
    try (Responder server =
        new Responder(
            query ->
                answering(
                    query,
                    "x 60 IN A 10.0.0.9",
                    "x 3600 IN A 10.0.0.10",
                    "x 30 IN CNAME Core1.PRYV.lab.",
                    "x 30 IN MX 10 Mail.pryv.lab.",
                    "x 30 IN TXT \"v=spf1 Include:X.\""))) {
      assertThat(dns.ask(server.address(), "user1.pryv.lab", "A"))
          .isEqualTo(
              new Answer(
                  "NOERROR",
                  List.of(
                      "A 10.0.0.10",
                      "A 10.0.0.9",
                      "CNAME core1.pryv.lab",
                      "MX 10 mail.pryv.lab",
                      "TXT \"v=spf1 Include:X.\""),
                  3600,
                  List.of(),
                  List.of()));
    }
  }

  @Test
  void aReferralGivesAuthorityAndGlueWithTheirOwners() throws Exception {
    try (Responder server =
        new Responder(
            query -> {
              Message answer = answering(query);
              answer.addRecord(record("Pryv.lab. 172800 IN NS dns1.pryv.lab."), Section.AUTHORITY);
              answer.addRecord(record("dns1.pryv.lab. 172800 IN A 10.90.0.11"), Section.ADDITIONAL);
              return answer;
            })) {
      Answer answer = dns.ask(server.address(), "pryv.lab", "NS");
      assertThat(answer.empty()).isTrue();
      assertThat(answer.ttl()).isEqualTo(172_800);
      assertThat(answer.authority()).containsExactly("pryv.lab NS dns1.pryv.lab");
      assertThat(answer.additional()).containsExactly("dns1.pryv.lab A 10.90.0.11");
    }
  }

  @Test
  void errorsAreAnswersAndRecursionIsAskedForOnlyOfResolvers() throws Exception {
    List<Boolean> recursion = new CopyOnWriteArrayList<>();
    try (Responder server =
        new Responder(
            query -> {
              recursion.add(query.getHeader().getFlag(Flags.RD));
              Message answer = answering(query);
              answer.getHeader().setRcode(Rcode.NXDOMAIN);
              assertThat(query.getOPT()).isNull();
              return answer;
            })) {
      assertThat(dns.ask(server.address(), "a.b", "A").code()).isEqualTo("NXDOMAIN");
      dns.resolve(server.address(), "a.b", "A");
      assertThat(recursion).containsExactly(false, true);
    }
  }

  @Test
  void anAnswerToAnotherQuestionIsNeverTakenForOurs() throws Exception {
    AtomicInteger queries = new AtomicInteger();
    try (Responder server =
        new Responder(
            query -> {
              Message answer = answering(query, "x 60 IN A 10.0.0.1");
              if (queries.incrementAndGet() == 1) {
                // What the platform's server does: our id, somebody else's content.
                answer = answering(Message.newQuery(record("other.pryv.lab. 1 IN A 0.0.0.0")));
                answer.getHeader().setID(query.getHeader().getID());
              }
              return answer;
            })) {
      assertThat(dns.ask(server.address(), "user1.pryv.lab", "A").records())
          .containsExactly("A 10.0.0.1");
      assertThat(queries).hasValue(2);
    }
    try (Responder server =
        new Responder(
            query -> answering(Message.newQuery(record("other.pryv.lab. 1 IN A 0.0.0.0"))))) {
      assertThatThrownBy(() -> dns.ask(server.address(), "user1.pryv.lab", "A"))
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("another question: other.pryv.lab");
    }
  }

  @Test
  void aLostQueryIsAskedAgain() throws Exception {
    AtomicInteger queries = new AtomicInteger();
    try (Responder server =
        new Responder(query -> queries.incrementAndGet() == 1 ? null : answering(query))) {
      assertThat(dns.ask(server.address(), "a.b", "A").code()).isEqualTo("NOERROR");
    }
  }

  @Test
  void whoeverWaitsForAServerAsksOnceAndIsToldSoonThatItIsSilent() throws Exception {
    AtomicInteger queries = new AtomicInteger();
    try (Responder server =
        new Responder(
            query -> {
              queries.incrementAndGet();
              return null;
            })) {
      assertThatThrownBy(() -> dns.askOnce(server.address(), "a.b", "A", Duration.ofMillis(100)))
          .hasMessageContaining("no answer within 100 ms");
      assertThat(queries).hasValue(1);
    }
  }

  @Test
  void oneQueryIsInFlightForEachServer() throws Exception {
    DnsClient patient = new DnsJavaClient(Duration.ofSeconds(20));
    try (DatagramSocket server = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      List<CompletableFuture<Answer>> asked = new ArrayList<>();
      ExecutorService threads = Executors.newFixedThreadPool(4);
      for (int i = 0; i < 4; i++) {
        String name = "user" + i + ".pryv.lab";
        asked.add(
            CompletableFuture.supplyAsync(
                () -> patient.ask("127.0.0.1:" + server.getLocalPort(), name, "A"), threads));
      }
      for (int i = 0; i < 4; i++) {
        DatagramPacket query = new DatagramPacket(new byte[512], 512);
        server.setSoTimeout(10_000);
        server.receive(query);
        server.setSoTimeout(150);
        assertThatThrownBy(() -> server.receive(new DatagramPacket(new byte[512], 512)))
            .isInstanceOf(SocketTimeoutException.class);
        byte[] wire =
            answering(new Message(Arrays.copyOf(query.getData(), query.getLength()))).toWire();
        server.send(new DatagramPacket(wire, wire.length, query.getSocketAddress()));
      }
      assertThat(asked).allSatisfy(answer -> assertThat(answer.join().code()).isEqualTo("NOERROR"));
      threads.shutdown();
    }
  }

  @Test
  void silenceAndAClosedPortAreToldWithServerAndQuestion() throws Exception {
    String address;
    try (Responder server = new Responder(query -> null)) {
      address = server.address();
      assertThatThrownBy(() -> dns.ask(address, "reg.pryv.lab", "A"))
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining(address)
          .hasMessageContaining("A reg.pryv.lab")
          .hasMessageContaining("no answer within 500 ms");
    }
    assertThatThrownBy(() -> dns.ask(address, "reg.pryv.lab", "A"))
        .hasMessageContaining("nothing listens");
  }

  @Test
  void aTruncatedAnswerIsAskedForOverTcp() throws Exception {
    try (Responder server =
            new Responder(
                query -> {
                  Message answer = answering(query);
                  answer.getHeader().setFlag(Flags.TC);
                  return answer;
                });
        ServerSocket tcp = new ServerSocket(server.port(), 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> serving =
          CompletableFuture.runAsync(
              () -> {
                try (Socket client = tcp.accept()) {
                  DataInputStream in = new DataInputStream(client.getInputStream());
                  byte[] query = new byte[in.readUnsignedShort()];
                  in.readFully(query);
                  byte[] wire = answering(new Message(query), "x 1 IN A 10.0.0.3").toWire();
                  OutputStream out = client.getOutputStream();
                  out.write(new byte[] {(byte) (wire.length >> 8), (byte) wire.length});
                  out.write(wire);
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThat(dns.resolve(server.address(), "big.example", "A").records())
          .containsExactly("A 10.0.0.3");
      serving.join();
    }
  }

  private static Message answering(Message query, String... records) {
    Message answer = new Message(query.getHeader().getID());
    Header header = answer.getHeader();
    header.setFlag(Flags.QR);
    Record question = query.getQuestion();
    answer.addRecord(question, Section.QUESTION);
    for (String text : records) {
      Record parsed = record(text.replaceFirst("^x ", question.getName() + " "));
      answer.addRecord(parsed, Section.ANSWER);
    }
    return answer;
  }

  private static Record record(String text) {
    try (Master parser =
        new Master(
            new ByteArrayInputStream((text + "\n").getBytes(StandardCharsets.US_ASCII)),
            Name.root)) {
      return parser.nextRecord();
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  /** Answers each datagram with what a function makes of it; null is silence. */
  private static final class Responder implements AutoCloseable {
    private final DatagramSocket socket;

    Responder(Function<Message, Message> answers) throws IOException {
      socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
      Thread serving =
          new Thread(
              () -> {
                byte[] buffer = new byte[4096];
                while (!socket.isClosed()) {
                  try {
                    DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                    socket.receive(packet);
                    Message query = new Message(Arrays.copyOf(buffer, packet.getLength()));
                    Message answer = answers.apply(query);
                    if (answer != null) {
                      byte[] wire = answer.toWire();
                      socket.send(new DatagramPacket(wire, wire.length, packet.getSocketAddress()));
                    }
                  } catch (IOException e) {
                    // Closed.
                  }
                }
              });
      serving.setDaemon(true);
      serving.start();
    }

    int port() {
      return socket.getLocalPort();
    }

    String address() {
      return "127.0.0.1:" + port();
    }

    @Override
    public void close() {
      socket.close();
    }
  }
}
