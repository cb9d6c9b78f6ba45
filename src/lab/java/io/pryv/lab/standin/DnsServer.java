package io.pryv.lab.standin;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Stands in for the DNS service of the register: authoritative, UDP only.
 *
 * <p>It reproduces what the original gets wrong. An unknown name, and any name while Redis answers
 * with an error, is NOERROR without records. A Redis that is not ready makes it hang. All responses
 * are written into one buffer and sent at the end of the event loop's turn, so that two responses
 * ready in the same turn leave as twice the later one; a client with one query in flight at a time
 * never notices.
 */
public final class DnsServer implements AutoCloseable {
  private static final int LONGEST_QUERY = 4096;

  private final Config config;
  private final DnsZone zone;
  private final RegisterData data;
  private final byte[] responseBuffer = new byte[LONGEST_QUERY * 4];
  private final ExecutorService loop =
      Executors.newSingleThreadExecutor(task -> new Thread(null, task, "dns-loop", 512 * 1024));
  private DatagramSocket socket;
  private int responseLength;
  private int answers;

  /** Serves nothing yet. */
  public DnsServer(Config config) {
    this.config = config;
    zone =
        new DnsZone(
            new DnsZone.Config(
                config.domain,
                config.ttl == 0 ? 3600 : config.ttl,
                config.nameServers,
                config.statics,
                config.a,
                config.soa,
                config.mx,
                config.txt,
                config.caa));
    data = new RegisterData(config.redis, config.domain);
  }

  /**
   * Its configuration; all but the domain, the port and Redis may be absent.
   *
   * @param domain the platform's
   * @param port to listen on, 0 for any
   * @param redis where Redis is
   * @param ttl of every record, in seconds; 3600 when absent
   * @param core the host name that the fixture user gets
   * @param nameServers of the domain
   * @param statics names with fixed addresses
   * @param a addresses of the domain itself
   * @param soa of the domain
   * @param mx of the domain
   * @param txt of the domain
   * @param caa of the domain
   * @param separateBuffers true for a server without the original's mix-up of answers
   */
  public record Config(
      @JsonProperty(required = true) String domain,
      int port,
      @JsonProperty(required = true) RegisterData.Address redis,
      int ttl,
      String core,
      List<DnsZone.NameServer> nameServers,
      @JsonProperty("static") Map<String, DnsZone.Static> statics,
      List<String> a,
      DnsZone.Soa soa,
      List<DnsZone.Mx> mx,
      List<String> txt,
      List<DnsZone.Caa> caa,
      boolean separateBuffers) {}

  public static void main(String[] arguments) {
    StandIn.run(arguments, Config.class, config -> new DnsServer(config).start());
  }

  /** Writes the fixture, looks at every key, then serves; fails when Redis refuses the write. */
  public void start() throws IOException {
    try {
      data.prepare(config.core == null ? "core1." + config.domain : config.core);
      socket = new DatagramSocket(new InetSocketAddress(config.port));
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    new Thread(null, this::receive, "dns-receive", 256 * 1024).start();
  }

  /** The UDP port it listens on. */
  public int port() {
    return socket.getLocalPort();
  }

  @Override
  public void close() {
    data.close();
    loop.shutdownNow();
    if (socket != null) {
      socket.close();
    }
  }

  private void receive() {
    DatagramPacket packet = new DatagramPacket(new byte[LONGEST_QUERY], LONGEST_QUERY);
    while (!socket.isClosed()) {
      try {
        socket.receive(packet);
        Message query = new Message(Arrays.copyOf(packet.getData(), packet.getLength()));
        SocketAddress client = packet.getSocketAddress();
        if (query.getQuestion() != null && !query.getHeader().getFlag(Flags.QR)) {
          loop.execute(() -> resolve(query, client));
        }
      } catch (IOException | RuntimeException e) {
        // What is not a query gets no answer; a closed socket ends the loop.
        Thread.onSpinWait();
      }
    }
  }

  private void resolve(Message query, SocketAddress client) {
    Record question = query.getQuestion();
    System.out.println("DNS: " + question.getName().toString(true));
    zone.user(question.getName())
        .ifPresentOrElse(
            user ->
                data.server(user)
                    .thenApply(
                        server ->
                            server == null
                                ? List.<Record>of()
                                : List.of(zone.alias(question.getName(), server)))
                    .exceptionally(error -> List.of())
                    .thenAcceptAsync(records -> respond(query, records, client), loop)
                    .exceptionally(error -> null),
            () ->
                respond(
                    query,
                    DnsZone.rotated(zone.answer(question.getName(), question.getType()), answers++),
                    client));
  }

  private void respond(Message query, List<Record> records, SocketAddress client) {
    Header header = new Header(query.getHeader().getID());
    header.setFlag(Flags.QR);
    header.setFlag(Flags.AA);
    header.setOpcode(Opcode.QUERY);
    if (query.getHeader().getFlag(Flags.RD)) {
      header.setFlag(Flags.RD);
    }
    Message response = new Message();
    response.setHeader(header);
    response.addRecord(query.getQuestion(), Section.QUESTION);
    records.forEach(record -> response.addRecord(record, Section.ANSWER));
    if (query.getQuestion().getType() == Type.NS && !records.isEmpty()) {
      zone.glue().forEach(record -> response.addRecord(record, Section.ADDITIONAL));
    }
    byte[] wire = response.toWire();
    System.arraycopy(wire, 0, responseBuffer, 0, wire.length);
    responseLength = wire.length;
    if (config.separateBuffers) {
      send(client);
    } else {
      // Sent in a later turn, as the original does: by then the buffer may hold another response.
      loop.execute(() -> send(client));
    }
  }

  private void send(SocketAddress client) {
    try {
      socket.send(new DatagramPacket(responseBuffer, responseLength, client));
    } catch (IOException e) {
      if (!socket.isClosed()) {
        System.err.println("No answer to " + client + ": " + e);
      }
    }
  }
}
