package io.pryv.lab.traffic;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * One DNS query from a fresh port, sent once.
 *
 * <p>A port that is used again keeps a stale address translation alive, and shows outages that no
 * resolver has.
 */
final class UdpQuery {
  private UdpQuery() {}

  /** The whole answer to a query for an address; answers to other queries are passed over. */
  static Message ask(InetSocketAddress server, String name, Duration within) throws IOException {
    Record question = Record.newRecord(Name.fromString(name + "."), Type.A, DClass.IN);
    Message query = Message.newQuery(question);
    query.getHeader().setFlag(Flags.RD);
    byte[] wire = query.toWire();
    long deadline = System.nanoTime() + within.toNanos();
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(server);
      socket.send(new DatagramPacket(wire, wire.length));
      while (true) {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          throw new SocketTimeoutException("no answer in time");
        }
        socket.setSoTimeout((int) left);
        DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
        socket.receive(packet);
        Message answer = new Message(Arrays.copyOf(packet.getData(), packet.getLength()));
        if (answer.getHeader().getID() == query.getHeader().getID()
            && question.equals(answer.getQuestion())) {
          return answer;
        }
      }
    }
  }

  /** The first address of a name, as a client's stub resolver finds it. */
  static InetAddress address(InetSocketAddress resolver, String name, Duration within)
      throws IOException {
    List<Record> records = ask(resolver, name, within).getSection(Section.ANSWER);
    for (Record record : records) {
      if (record instanceof ARecord address) {
        return address.getAddress();
      }
    }
    throw new IOException("no address in the answer");
  }
}
