package io.pryv.lab.standin;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Section;

/**
 * The DNS side of the register: authoritative, UDP only.
 *
 * <p>It reproduces what the original gets wrong. An unknown name, and any name while Redis answers
 * with an error, is NOERROR without records. A Redis that is not ready makes it hang. All responses
 * are written into one buffer and sent at the end of the event loop's turn, so that two responses
 * ready in the same turn leave as twice the later one; a client with one query in flight at a time
 * never notices.
 */
final class DnsServer implements AutoCloseable {
  private static final int LONGEST_QUERY = 4096;

  private final boolean separateBuffers;
  private final DnsZone zone;
  private final RegisterData data;
  private final Executor loop;
  private final byte[] responseBuffer = new byte[LONGEST_QUERY * 4];
  private final DatagramSocket socket;
  private int responseLength;

  /** Listens from now on. */
  DnsServer(RegisterConfig config, RegisterData data, Executor loop) throws IOException {
    separateBuffers = config.standIn().separateBuffers();
    zone = DnsZone.startingNow(config.dns());
    this.data = data;
    this.loop = loop;
    socket = new DatagramSocket(new InetSocketAddress(config.dns().port()));
    new Thread(null, this::receive, "dns-receive", 256 * 1024).start();
  }

  int port() {
    return socket.getLocalPort();
  }

  @Override
  public void close() {
    socket.close();
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
    answer(query.getQuestion().getName(), query.getQuestion().getType())
        .thenAcceptAsync(answer -> respond(query, answer, client), loop)
        .exceptionally(error -> null);
  }

  private CompletableFuture<DnsZone.Answer> answer(Name name, int type) {
    String text = name.toString(true).toLowerCase(Locale.ROOT);
    RegisterLog.info("DNS: " + text);
    if (zone.isOrigin(name)) {
      return now(zone.origin(name, type));
    }
    String resource = zone.resource(name).orElse(null);
    if (resource == null) {
      RegisterLog.warning("DNS: Error: Domain name not recognized in hostname.");
      RegisterLog.info("DNS: (Not in domain) " + text);
      return now(new DnsZone.Answer());
    }
    if (zone.isStatic(resource)) {
      return now(zone.fixed(name, resource));
    }
    if (!DnsZone.isLegalUserName(resource)) {
      RegisterLog.warning("DNS: '" + resource + "' is no legal username.");
      return now(new DnsZone.Answer());
    }
    if (!DnsZone.isLongEnough(resource)) {
      return now(new DnsZone.Answer());
    }
    return data.server(resource)
        .thenApply(core -> core == null ? new DnsZone.Answer() : zone.user(name, type, core))
        .exceptionally(error -> new DnsZone.Answer());
  }

  private static CompletableFuture<DnsZone.Answer> now(DnsZone.Answer answer) {
    return CompletableFuture.completedFuture(answer);
  }

  private void respond(Message query, DnsZone.Answer answer, SocketAddress client) {
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
    answer.answer().forEach(record -> response.addRecord(record, Section.ANSWER));
    answer.authority().forEach(record -> response.addRecord(record, Section.AUTHORITY));
    answer.additional().forEach(record -> response.addRecord(record, Section.ADDITIONAL));
    byte[] wire = response.toWire();
    System.arraycopy(wire, 0, responseBuffer, 0, wire.length);
    responseLength = wire.length;
    if (separateBuffers) {
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
