package io.pryv.lab.standin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
  private DnsServer dns;

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
    assertThat(data(answer)).containsExactly("CNAME core1.pryv.lab.");
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

  @Test
  void answersWhatItsFileSays() throws Exception {
    assertThat(data(ask("reg.pryv.lab.", Type.A))).containsExactly("A 10.90.0.10");
    assertThat(data(ask("dns1.pryv.lab.", Type.A))).containsExactly("A 10.90.0.10");
    assertThat(data(ask("sw.pryv.lab.", Type.A))).containsExactly("CNAME sw.example.com.");
    assertThat(data(ask("pryv.lab.", Type.NS)))
        .containsExactlyInAnyOrder("NS dns1.pryv.lab.", "NS dns2.pryv.lab.");
    assertThat(data(ask("pryv.lab.", Type.MX))).containsExactly("MX 10 mail.pryv.lab.");
    assertThat(data(ask("pryv.lab.", Type.TXT))).containsExactly("TXT \"v=spf1 -all\"");
    assertThat(data(ask("pryv.lab.", Type.CAA))).containsExactly("CAA 0 issue \"ca.example\"");
    assertThat(data(ask("pryv.lab.", Type.SOA))).hasSize(1);
  }

  @Test
  void turnsTheAddressesFromAnswerToAnswer() throws Exception {
    List<String> first = data(ask("pryv.lab.", Type.A));
    List<String> second = data(ask("pryv.lab.", Type.A));
    assertThat(first).containsExactlyInAnyOrder("A 10.90.0.10", "A 10.90.0.11");
    assertThat(second).isEqualTo(List.of(first.get(1), first.get(0)));
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
    assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), dns.port()).close())
        .isInstanceOf(IOException.class);
  }

  @Test
  void diesAtTheStartOnAReplica() throws Exception {
    try (RedisProcess master = RedisProcess.start()) {
      redis("REPLICAOF", "127.0.0.1", String.valueOf(master.port()));
      try (DnsServer late = server()) {
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

  private DnsServer server() {
    return new DnsServer(
        new DnsServer.Config(
            "pryv.lab",
            0,
            new RegisterData.Address("127.0.0.1", redis.port()),
            5,
            null,
            List.of(
                new DnsZone.NameServer("dns1.pryv.lab", "10.90.0.10"),
                new DnsZone.NameServer("dns2.pryv.lab", "10.90.0.12")),
            Map.of(
                "reg", new DnsZone.Static("10.90.0.10", null, null),
                "sw", new DnsZone.Static(null, null, "sw.example.com")),
            List.of("10.90.0.10", "10.90.0.11"),
            null,
            List.of(new DnsZone.Mx("mail.pryv.lab", 10)),
            List.of("v=spf1 -all"),
            List.of(new DnsZone.Caa(0, "issue", "ca.example")),
            false));
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
    client.connect(InetAddress.getLoopbackAddress(), dns.port());
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
    return answer.getSection(Section.ANSWER).stream()
        .map(record -> Type.string(record.getType()) + " " + record.rdataToString())
        .toList();
  }

  private static void assertNothing(Message answer) {
    assertThat(answer.getRcode()).isEqualTo(Rcode.NOERROR);
    assertThat(answer.getSection(Section.ANSWER)).isEmpty();
  }
}
