package io.pryv.migration.dns;

import io.pryv.migration.platform.StepFailure;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * Asks over UDP without EDNS, from a fresh port for each query, one query in flight for each server
 * whatever the number of threads: the platform's own server mixes up answers otherwise (field
 * guide, section 1). An answer to another question is never taken for ours. A truncated one, which
 * only resolvers and parents give, is asked for again over TCP.
 */
public final class DnsJavaClient implements DnsClient {

  private static final int PORT = 53;
  private static final int LONGEST_ANSWER = 4096;
  private static final int ATTEMPTS = 3;

  /** Wait for our own answer once another's has come in its place. */
  private static final Duration AFTER_MIX_UP = Duration.ofMillis(200);

  /** Types whose data are words and names only. */
  private static final Set<Integer> DATA_OF_NAMES =
      Set.of(Type.NS, Type.CNAME, Type.PTR, Type.MX, Type.SOA, Type.SRV);

  private final Duration timeout;
  private final int attempts;
  private final Map<String, Lock> inFlight;

  /** A client that waits two seconds for an answer and asks three times. */
  public DnsJavaClient() {
    this(Duration.ofSeconds(2));
  }

  DnsJavaClient(Duration timeout) {
    this(timeout, ATTEMPTS, new ConcurrentHashMap<>());
  }

  private DnsJavaClient(Duration timeout, int attempts, Map<String, Lock> inFlight) {
    this.timeout = timeout;
    this.attempts = attempts;
    this.inFlight = inFlight;
  }

  @Override
  public Answer ask(String server, String name, String type) {
    return query(server, name, type, /* recurse= */ false);
  }

  @Override
  public Answer askOnce(String server, String name, String type, Duration patience) {
    return new DnsJavaClient(patience, 1, inFlight).ask(server, name, type);
  }

  @Override
  public Answer resolve(String resolver, String name, String type) {
    return query(resolver, name, type, /* recurse= */ true);
  }

  private Answer query(String server, String name, String type, boolean recurse) {
    Record question = question(name, type);
    Lock turn = inFlight.computeIfAbsent(server, unseen -> new ReentrantLock(/* fair= */ true));
    turn.lock();
    try {
      InetSocketAddress address = address(server);
      String found = "none";
      for (int attempt = 1; attempt <= attempts; attempt++) {
        try {
          return answer(exchange(address, question, recurse));
        } catch (SocketTimeoutException e) {
          found = e.getMessage();
        } catch (PortUnreachableException e) {
          found = "nothing listens on its UDP port " + address.getPort();
        }
      }
      throw silent(server, name, type, found, null);
    } catch (IOException e) {
      throw silent(server, name, type, String.valueOf(e.getMessage()), e);
    } finally {
      turn.unlock();
    }
  }

  private Message exchange(InetSocketAddress server, Record question, boolean recurse)
      throws IOException {
    Message query = Message.newQuery(question);
    if (!recurse) {
      query.getHeader().unsetFlag(Flags.RD);
    }
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(server);
      byte[] wire = query.toWire();
      socket.send(new DatagramPacket(wire, wire.length));
      long deadline = System.nanoTime() + timeout.toNanos();
      String found = "no answer within " + timeout.toMillis() + " ms";
      while (true) {
        Message answer = receive(socket, deadline, found);
        if (!answers(answer, query, question)) {
          found = "an answer to another question: " + answer.getQuestion();
          deadline = Math.min(deadline, System.nanoTime() + AFTER_MIX_UP.toNanos());
        } else if (answer.getHeader().getFlag(Flags.TC)) {
          return overTcp(server, query, question);
        } else {
          return answer;
        }
      }
    }
  }

  private static Message receive(DatagramSocket socket, long deadline, String found)
      throws IOException {
    while (true) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new SocketTimeoutException(found);
      }
      socket.setSoTimeout((int) left);
      DatagramPacket packet = new DatagramPacket(new byte[LONGEST_ANSWER], LONGEST_ANSWER);
      try {
        socket.receive(packet);
      } catch (SocketTimeoutException e) {
        throw new SocketTimeoutException(found);
      }
      try {
        return new Message(Arrays.copyOf(packet.getData(), packet.getLength()));
      } catch (IOException e) {
        // No DNS message: it can't be ours, so the wait goes on.
      }
    }
  }

  private Message overTcp(InetSocketAddress server, Message query, Record question)
      throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(server, (int) timeout.toMillis());
      socket.setSoTimeout((int) timeout.toMillis());
      byte[] wire = query.toWire();
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      byte[] framed = new byte[wire.length + 2];
      framed[0] = (byte) (wire.length >> 8);
      framed[1] = (byte) wire.length;
      System.arraycopy(wire, 0, framed, 2, wire.length);
      out.write(framed);
      out.flush();
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] bytes = new byte[in.readUnsignedShort()];
      in.readFully(bytes);
      Message answer = new Message(bytes);
      if (!answers(answer, query, question)) {
        throw new IOException("over TCP, an answer to another question: " + answer.getQuestion());
      }
      return answer;
    }
  }

  private static boolean answers(Message answer, Message query, Record question) {
    Record echoed = answer.getQuestion();
    return answer.getHeader().getID() == query.getHeader().getID()
        && answer.getHeader().getFlag(Flags.QR)
        && echoed != null
        && echoed.getName().equals(question.getName())
        && echoed.getType() == question.getType();
  }

  private static Answer answer(Message message) {
    List<Record> answers = message.getSection(Section.ANSWER);
    List<Record> authority = message.getSection(Section.AUTHORITY);
    return new Answer(
        Rcode.string(message.getRcode()),
        answers.stream().map(DnsJavaClient::typeAndData).sorted().toList(),
        (answers.isEmpty() ? authority : answers)
            .stream().mapToLong(Record::getTTL).max().orElse(0),
        owned(authority),
        owned(message.getSection(Section.ADDITIONAL)));
  }

  private static List<String> owned(List<Record> records) {
    return records.stream()
        .map(record -> plain(record.getName().toString()) + " " + typeAndData(record))
        .sorted()
        .toList();
  }

  private static String typeAndData(Record record) {
    String data = record.rdataToString();
    return Type.string(record.getType())
        + " "
        + (DATA_OF_NAMES.contains(record.getType())
            ? Stream.of(data.split(" ", -1))
                .map(DnsJavaClient::plain)
                .collect(Collectors.joining(" "))
            : data);
  }

  private static String plain(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.length() > 1 && lower.endsWith(".")
        ? lower.substring(0, lower.length() - 1)
        : lower;
  }

  private static Record question(String name, String type) {
    int number = Type.value(type);
    if (number < 0) {
      throw new IllegalArgumentException("not a type of DNS record: " + type);
    }
    try {
      return Record.newRecord(Name.fromString(name, Name.root), number, DClass.IN);
    } catch (TextParseException e) {
      throw new IllegalArgumentException("not a DNS name: " + name, e);
    }
  }

  /** Of {@code address[:port]}; an IPv6 address with port stands in brackets. */
  private static InetSocketAddress address(String server) throws IOException {
    int colon = server.lastIndexOf(':');
    boolean withPort = colon >= 0 && (server.indexOf(':') == colon || server.startsWith("["));
    String host = withPort ? server.substring(0, colon) : server;
    int port = withPort ? Integer.parseInt(server.substring(colon + 1)) : PORT;
    return new InetSocketAddress(
        InetAddress.getAllByName(host.replace("[", "").replace("]", ""))[0], port);
  }

  private StepFailure silent(
      String server, String name, String type, String found, IOException cause) {
    return new StepFailure(
        "name server " + server,
        type + " " + name,
        "an answer over UDP (asked " + attempts + (attempts == 1 ? " time)" : " times)"),
        found,
        "see that the server runs and is reachable from here on UDP port 53 (`dig @"
            + server
            + " "
            + name
            + " "
            + type
            + "`), then retry the step",
        cause);
  }
}
