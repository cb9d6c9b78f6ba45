package io.pryv.migration.dns;

import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * Asks over UDP from a fresh port, without EDNS, and never has two queries under way at one server:
 * the vendor's mixes answers up otherwise (field guide, section 1).
 */
public final class DnsJavaClient implements DnsClient {

  private static final int PORT = 53;
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int ATTEMPTS = 2;

  private final Map<String, Object> turns = new ConcurrentHashMap<>();

  @Override
  public Answer ask(String server, String name, String type) {
    return query(server, name, type, false);
  }

  @Override
  public Answer resolve(String resolver, String name, String type) {
    return query(resolver, name, type, true);
  }

  private Answer query(String server, String name, String type, boolean recursive) {
    Message question = question(server, name, type, recursive);
    synchronized (turns.computeIfAbsent(server, any -> new Object())) {
      IOException last = null;
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        try {
          return answer(resolver(server).send(question));
        } catch (IOException e) {
          last = e;
        }
      }
      throw new StepFailure(
          server,
          "DNS query " + type + " " + name,
          "an answer within " + PATIENCE.toSeconds() + " s, asked " + ATTEMPTS + " times",
          String.valueOf(last),
          "see that a DNS server listens there and that no firewall drops 53/udp",
          last);
    }
  }

  private static Message question(String server, String name, String type, boolean recursive) {
    try {
      Message question =
          Message.newQuery(
              Record.newRecord(Name.fromString(name + "."), Type.value(type), DClass.IN));
      if (!recursive) {
        question.getHeader().unsetFlag(Flags.RD);
      }
      return question;
    } catch (TextParseException e) {
      throw new StepFailure(
          server, "DNS query " + type, "a host name", name, "correct the name, then retry", e);
    }
  }

  private static SimpleResolver resolver(String server) throws UnknownHostException {
    int colon = server.lastIndexOf(':');
    String host = colon < 0 ? server : server.substring(0, colon);
    int port = colon < 0 ? PORT : Integer.parseInt(server.substring(colon + 1));
    SimpleResolver resolver =
        new SimpleResolver(new InetSocketAddress(InetAddress.getByName(host), port));
    resolver.setTimeout(PATIENCE);
    resolver.setEDNS(-1);
    return resolver;
  }

  private static Answer answer(Message message) {
    List<Record> answers = message.getSection(Section.ANSWER);
    List<Record> authority = message.getSection(Section.AUTHORITY);
    return new Answer(
        Rcode.string(message.getRcode()),
        answers.stream().map(DnsJavaClient::typeAndData).sorted().toList(),
        Stream.of(answers, authority)
            .filter(records -> !records.isEmpty())
            .findFirst()
            .map(records -> records.stream().mapToLong(Record::getTTL).max().orElse(0))
            .orElse(0L),
        authority.stream().map(DnsJavaClient::ownerTypeAndData).sorted().toList(),
        message.getSection(Section.ADDITIONAL).stream()
            .filter(each -> each.getType() != Type.OPT)
            .map(DnsJavaClient::ownerTypeAndData)
            .sorted()
            .toList());
  }

  private static String ownerTypeAndData(Record each) {
    return withoutDot(each.getName().toString().toLowerCase(Locale.ROOT)) + " " + typeAndData(each);
  }

  private static String typeAndData(Record each) {
    return Type.string(each.getType()) + " " + data(each);
  }

  /** Text of TXT and CAA is kept as it is; all else is names, addresses and numbers. */
  private static String data(Record each) {
    String data = each.rdataToString();
    if (each.getType() == Type.TXT || each.getType() == Type.CAA) {
      return data;
    }
    return Stream.of(data.toLowerCase(Locale.ROOT).split(" "))
        .map(DnsJavaClient::withoutDot)
        .collect(Collectors.joining(" "));
  }

  private static String withoutDot(String name) {
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }
}
