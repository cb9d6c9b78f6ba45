package io.pryv.lab.standin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

class DnsServerTest {
  private RedisProcess redis;
  private RedisLink link;
  private RegisterServer dns;

  @BeforeEach
  void start() throws IOException {
    redis = RedisProcess.start();
    link = new RedisLink("127.0.0.1", redis.port());
    dns = server();
    dns.start();
  }

  @AfterEach
  void stop() {
    dns.close();
    link.close();
    redis.close();
  }

  @Test
  void answersAUserNameWithTheNameOfItsCore() throws Exception {
    Message answer = ask("WacTiv.pryv.lab.", Type.A);
    assertThat(answer.getHeader().getFlag(Flags.AA)).isTrue();
    assertThat(data(answer)).containsExactly("CNAME pryv.lab.");
  }

  @Test
  void answersAnUnknownNameWithNothingButNoError() throws Exception {
    assertNothing(ask("nobody.pryv.lab.", Type.A));
    assertNothing(ask("very.deep.pryv.lab.", Type.A));
    assertNothing(ask("elsewhere.example.", Type.A));
  }

  @Test
  void takesNoShortNameForAUser() throws Exception {
    redis("SET", "adam:server", "core1.pryv.lab");
    assertNothing(ask("adam.pryv.lab.", Type.A));
  }

  /** dns/server_for_name.js: CAA, MX, NS and SOA by name; TXT has nothing. */
  @Test
  void answersOfTheDomainWhatIsAskedForByName() throws Exception {
    assertThat(data(ask("pryv.lab.", Type.MX))).containsExactly("MX 10 mail.pryv.lab.");
    assertThat(data(ask("pryv.lab.", Type.CAA))).containsExactly("CAA 0 issue \"ca.example\"");
    assertNothing(ask("pryv.lab.", Type.TXT));
    Message ns = ask("pryv.lab.", Type.NS);
    assertThat(data(ns)).containsExactly("NS dns1.pryv.lab.", "NS dns2.pryv.lab.");
    assertThat(data(ns, Section.AUTHORITY)).isEqualTo(data(ns));
    assertThat(data(ns, Section.ADDITIONAL)).containsExactly("A 10.90.0.10", "A 10.90.0.12");
  }

  /** dns/server_for_name.js, rootData: any other type gets all there is. */
  @Test
  void answersOfTheDomainEverythingToAnyOtherType() throws Exception {
    for (int type : List.of(Type.A, Type.AAAA, Type.ANY)) {
      Message answer = ask("pryv.lab.", type);
      assertThat(data(answer).stream().map(record -> record.split(" ", 2)[0]).distinct())
          .containsExactly("SOA", "NS", "A", "MX");
      assertThat(data(answer, Section.AUTHORITY)).hasSize(2);
    }
  }

  /** dns/ndns-wrapper.js, start and 'autority': the day of the start and 33. */
  @Test
  void itsSerialIsTheDayOfItsStart() throws Exception {
    String day = LocalDate.now(ZoneOffset.UTC).format(DateTimeFormatter.BASIC_ISO_DATE);
    assertThat(data(ask("pryv.lab.", Type.SOA)))
        .containsExactly("SOA reg.pryv.lab. admin.pryv.lab. " + day + "33 1800 900 604800 86400");
  }

  /** dns/server_for_name.js, staticDataInDomain: the type is not looked at. */
  @Test
  void answersOfAStaticNameTheSameToAnyType() throws Exception {
    for (int type : List.of(Type.A, Type.AAAA, Type.MX)) {
      assertThat(data(ask("REG.pryv.lab.", type))).containsExactly("A 127.0.0.1");
      assertThat(data(ask("sw.pryv.lab.", type))).containsExactly("CNAME sw.example.com.");
    }
  }

  /** dns/server_for_name.js, dyn: name servers and SOA besides, for whoever asks for them. */
  @Test
  void answersOfAUserTheCoreToAnyType() throws Exception {
    assertThat(data(ask("wactiv.pryv.lab.", Type.MX))).containsExactly("CNAME pryv.lab.");
    assertThat(data(ask("wactiv.pryv.lab.", Type.NS)))
        .containsExactly("CNAME pryv.lab.", "NS dns1.pryv.lab.", "NS dns2.pryv.lab.");
    assertThat(data(ask("wactiv.pryv.lab.", Type.SOA))).hasSize(2);
  }

  /** dns/ndns-wrapper.js, rotate. */
  @Test
  void turnsTheAddressesFromAnswerToAnswer() throws Exception {
    List<String> first = addresses(ask("pryv.lab.", Type.A));
    List<String> second = addresses(ask("pryv.lab.", Type.A));
    assertThat(first).containsExactlyInAnyOrder("A 10.90.0.10", "A 10.90.0.11");
    assertThat(second).isEqualTo(List.of(first.get(1), first.get(0)));
  }

  /** winston's console, which server_for_name.js makes colourful. */
  @Test
  void logsEachQueryInColour() throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setOut(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      ask("WacTiv.pryv.lab.", Type.A);
      ask("a.b.pryv.lab.", Type.A);
      ask("elsewhere.example.", Type.A);
    } finally {
      System.setOut(before);
    }
    assertThat(log.toString(StandardCharsets.UTF_8))
        .contains("\u001b[32minfo\u001b[39m: DNS: wactiv.pryv.lab\n")
        .contains("\u001b[31mwarning\u001b[39m: DNS: 'a.b' is no legal username.\n")
        .contains("\u001b[32minfo\u001b[39m: DNS: (Not in domain) elsewhere.example\n");
  }

  @Test
  void acceptsEdnsButAnswersWithoutIt() throws Exception {
    Message query = query("reg.pryv.lab.", Type.A);
    query.addRecord(new OPTRecord(1232, 0, 0), Section.ADDITIONAL);
    Message answer = exchange(query);
    assertThat(answer.getOPT()).isNull();
    assertThat(data(answer)).hasSize(1);
  }

  @Test
  void answersWithNothingWhenRedisAnswersWithAnError() throws Exception {
    redis("SADD", "broken:server", "not a string");
    assertNothing(ask("broken.pryv.lab.", Type.A));
  }

  @Test
  void speaksNoTcp() {
    assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), dns.dnsPort()).close())
        .isInstanceOf(IOException.class);
  }

  @Test
  void diesAtTheStartOnAReplica() throws Exception {
    try (RedisProcess master = RedisProcess.start()) {
      redis("REPLICAOF", "127.0.0.1", String.valueOf(master.port()));
      try (RegisterServer late = server()) {
        assertThatThrownBy(late::start).hasMessageStartingWith("READONLY");
      }
    }
  }

  @Test
  void hangsOnceItReconnectsToAReplicaWithoutItsMaster() throws Exception {
    redis("REPLICAOF", "127.0.0.1", "1");
    assertThat(data(ask("wactiv.pryv.lab.", Type.A))).hasSize(1);

    redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    RedisLinkTest.await(() -> redis("CLIENT", "LIST").toString().contains("cmd=info"));
    try (DatagramSocket client = client(500)) {
      send(client, query("wactiv.pryv.lab.", Type.A));
      assertThatThrownBy(() -> receive(client)).isInstanceOf(java.net.SocketTimeoutException.class);
      redis("REPLICAOF", "NO", "ONE");
      client.setSoTimeout(10_000);
      assertThat(data(receive(client))).hasSize(1);
    }
  }

  @Test
  void mixesUpResponsesThatAreReadyTogether() throws Exception {
    try (DatagramSocket client = client(10_000)) {
      int bursts = 0;
      while (!mixedUp(client)) {
        assertThat(++bursts).as("bursts of 16 without a mix-up").isLessThan(50);
      }
    }
  }

  /**
   * Whether of sixteen queries that wait for Redis together some are answered twice, some never.
   */
  private boolean mixedUp(DatagramSocket client) throws Exception {
    redis("CLIENT", "PAUSE", "200");
    List<Message> queries =
        IntStream.range(0, 16)
            .mapToObj(i -> query((i % 2 == 0 ? "wactiv" : "nobody") + ".pryv.lab.", Type.A))
            .toList();
    for (Message query : queries) {
      send(client, query);
    }
    Set<Integer> answered =
        IntStream.range(0, queries.size())
            .mapToObj(i -> receiveUnchecked(client).getHeader().getID())
            .collect(Collectors.toSet());
    return answered.size() < queries.size();
  }

  private RegisterServer server() throws IOException {
    return SmallRegister.of(redis.port(), 1);
  }

  private Object redis(String... command) throws Exception {
    return link.send(command).get().value();
  }

  private Message ask(String name, int type) throws IOException {
    return exchange(query(name, type));
  }

  private Message exchange(Message query) throws IOException {
    try (DatagramSocket client = client(10_000)) {
      send(client, query);
      Message answer = receive(client);
      assertThat(answer.getHeader().getID()).isEqualTo(query.getHeader().getID());
      return answer;
    }
  }

  private DatagramSocket client(int timeoutMs) throws IOException {
    DatagramSocket client = new DatagramSocket();
    client.connect(InetAddress.getLoopbackAddress(), dns.dnsPort());
    client.setSoTimeout(timeoutMs);
    return client;
  }

  private static void send(DatagramSocket client, Message query) throws IOException {
    byte[] wire = query.toWire();
    client.send(new DatagramPacket(wire, wire.length));
  }

  private static Message receive(DatagramSocket client) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
    client.receive(packet);
    return new Message(Arrays.copyOf(packet.getData(), packet.getLength()));
  }

  private static Message receiveUnchecked(DatagramSocket client) {
    try {
      return receive(client);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Message query(String name, int type) {
    return Message.newQuery(Record.newRecord(Name.fromConstantString(name), type, DClass.IN));
  }

  private static List<String> data(Message answer) {
    return data(answer, Section.ANSWER);
  }

  private static List<String> data(Message answer, int section) {
    return answer.getSection(section).stream()
        .map(record -> Type.string(record.getType()) + " " + record.rdataToString())
        .toList();
  }

  private static List<String> addresses(Message answer) {
    return data(answer).stream().filter(record -> record.startsWith("A ")).toList();
  }

  private static void assertNothing(Message answer) {
    assertThat(answer.getRcode()).isEqualTo(Rcode.NOERROR);
    assertThat(answer.getSection(Section.ANSWER)).isEmpty();
  }
}
