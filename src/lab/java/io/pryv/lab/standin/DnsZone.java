package io.pryv.lab.standin;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CAARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/** What the dns service knows from its configuration file alone. */
final class DnsZone {
  private static final int SHORTEST_USER_NAME = 5;

  private final Config config;
  private final Name origin;

  DnsZone(Config config) {
    this.config = config;
    origin = absolute(config.domain);
  }

  /** The configuration file's names and records; lists may be absent. */
  record Config(
      String domain,
      int ttl,
      List<NameServer> nameServers,
      Map<String, Static> statics,
      List<String> a,
      Soa soa,
      List<Mx> mx,
      List<String> txt,
      List<Caa> caa) {
    Config {
      nameServers = orEmpty(nameServers);
      statics = statics == null ? Map.of() : statics;
      a = orEmpty(a);
      mx = orEmpty(mx);
      txt = orEmpty(txt);
      caa = orEmpty(caa);
    }
  }

  /** A name server of the domain; its name may be relative to it. */
  record NameServer(@JsonProperty(required = true) String name, String ip) {}

  /** A name with an address, with several, or with another name. */
  record Static(String ip, List<String> ips, String alias) {}

  /** The start of authority, with serial numbers and times as the configuration gives them. */
  record Soa(
      String primary, String admin, long serial, long refresh, long retry, long expire, long min) {}

  /** A mail exchanger. */
  record Mx(String name, int priority) {}

  /** Who may issue certificates. */
  record Caa(int flags, String tag, String value) {}

  /** The user whom a query may be for: the label before the domain, unless it is static. */
  Optional<String> user(Name name) {
    return label(name).filter(label -> label.length() >= SHORTEST_USER_NAME && !isStatic(label));
  }

  /** What the configuration answers; empty for all it does not know, never an error. */
  List<Record> answer(Name name, int type) {
    if (name.equals(origin)) {
      return apex(name, type);
    }
    String label = label(name).orElse("");
    Static entry = config.statics.get(label);
    if (entry != null && entry.alias != null) {
      return List.of(alias(name, entry.alias));
    }
    if (type != Type.A && type != Type.ANY) {
      return List.of();
    }
    List<String> addresses = new ArrayList<>();
    if (entry != null) {
      addresses.addAll(orEmpty(entry.ips));
      Optional.ofNullable(entry.ip).ifPresent(addresses::add);
    } else {
      nameServer(label).map(NameServer::ip).ifPresent(addresses::add);
    }
    return addresses.stream().map(ip -> address(name, ip)).toList();
  }

  /** The name servers' addresses, which go along with their names. */
  List<Record> glue() {
    return config.nameServers.stream()
        .filter(server -> server.ip != null)
        .map(server -> address(qualified(server.name), server.ip))
        .toList();
  }

  Record alias(Name name, String target) {
    return new CNAMERecord(name, DClass.IN, config.ttl, qualified(target));
  }

  /** The same records in the order of the given answer: each answer begins with another one. */
  static List<Record> rotated(List<Record> records, int answer) {
    List<Record> turned = new ArrayList<>(records);
    Collections.rotate(turned, answer % Math.max(1, records.size()));
    return turned;
  }

  private List<Record> apex(Name name, int type) {
    List<Record> records = new ArrayList<>();
    if (asks(type, Type.A)) {
      config.a.forEach(ip -> records.add(address(name, ip)));
    }
    if (asks(type, Type.NS)) {
      config.nameServers.forEach(
          server -> records.add(new NSRecord(name, DClass.IN, config.ttl, qualified(server.name))));
    }
    if (asks(type, Type.SOA)) {
      records.add(soa(name));
    }
    if (asks(type, Type.MX)) {
      config.mx.forEach(
          mx ->
              records.add(
                  new MXRecord(name, DClass.IN, config.ttl, mx.priority, qualified(mx.name))));
    }
    if (asks(type, Type.TXT)) {
      config.txt.forEach(text -> records.add(new TXTRecord(name, DClass.IN, config.ttl, text)));
    }
    if (asks(type, Type.CAA)) {
      config.caa.forEach(
          caa ->
              records.add(
                  new CAARecord(name, DClass.IN, config.ttl, caa.flags, caa.tag, caa.value)));
    }
    return records;
  }

  private Record soa(Name name) {
    Soa soa =
        config.soa != null
            ? config.soa
            : new Soa("dns1", "admin." + config.domain, 2018010101, 1800, 900, 1209600, 60);
    return new SOARecord(
        name,
        DClass.IN,
        config.ttl,
        qualified(soa.primary),
        qualified(soa.admin),
        soa.serial,
        soa.refresh,
        soa.retry,
        soa.expire,
        soa.min);
  }

  private boolean isStatic(String label) {
    return config.statics.containsKey(label) || nameServer(label).isPresent();
  }

  private Optional<NameServer> nameServer(String label) {
    return config.nameServers.stream()
        .filter(server -> label(qualified(server.name)).orElse("").equals(label))
        .findFirst();
  }

  /** The label right below the domain, in small letters. */
  private Optional<String> label(Name name) {
    return name.subdomain(origin) && name.labels() == origin.labels() + 1
        ? Optional.of(name.getLabelString(0).toLowerCase(Locale.ROOT))
        : Optional.empty();
  }

  /** A name without a dot is one of the domain. */
  private Name qualified(String name) {
    return absolute(name.contains(".") ? name : name + "." + config.domain);
  }

  private static boolean asks(int type, int wanted) {
    return type == wanted || type == Type.ANY;
  }

  private Record address(Name name, String ip) {
    try {
      return new ARecord(name, DClass.IN, config.ttl, InetAddress.getByName(ip));
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("Not an address: " + ip, e);
    }
  }

  private static Name absolute(String name) {
    try {
      return Name.fromString(name, Name.root);
    } catch (TextParseException e) {
      throw new IllegalArgumentException("Not a domain name: " + name, e);
    }
  }

  private static <T> List<T> orEmpty(List<T> list) {
    return list == null ? List.of() : list;
  }
}
