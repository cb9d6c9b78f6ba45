package io.pryv.lab.standin;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CAARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/** What the register's DNS answers; it is not for threads that work at the same time. */
final class DnsZone {
  private static final int SHORTEST_USER_NAME = 5;
  private static final Pattern USER_NAME = Pattern.compile("[a-z0-9-]{1,100}");

  private final RegisterConfig.Dns config;
  private final Name origin;
  private final long serial;
  private final Map<String, List<String>> turning = new HashMap<>();

  /** The serial of its SOA is the day on which it starts, and 33. */
  DnsZone(RegisterConfig.Dns config, LocalDate started) {
    this.config = config;
    origin = absolute(config.domain());
    serial = Long.parseLong(started.format(DateTimeFormatter.BASIC_ISO_DATE) + "33");
  }

  static DnsZone startingNow(RegisterConfig.Dns config) {
    return new DnsZone(config, LocalDate.now(ZoneOffset.UTC));
  }

  /** The three sections of a response. */
  record Answer(List<Record> answer, List<Record> authority, List<Record> additional) {
    Answer() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }
  }

  /** The label or labels before the domain; empty for the domain itself and for foreign names. */
  Optional<String> resource(Name name) {
    return name.subdomain(origin) && !name.equals(origin)
        ? Optional.of(name.relativize(origin).toString().toLowerCase(Locale.ROOT))
        : Optional.empty();
  }

  boolean isOrigin(Name name) {
    return name.equals(origin);
  }

  boolean isStatic(String resource) {
    return config.staticDataInDomain().containsKey(resource);
  }

  static boolean isLegalUserName(String resource) {
    return USER_NAME.matcher(resource).matches();
  }

  static boolean isLongEnough(String resource) {
    return resource.length() >= SHORTEST_USER_NAME;
  }

  /** The domain itself: what is asked for by name, and everything for any other type. */
  Answer origin(Name name, int type) {
    Answer answer = new Answer();
    switch (type) {
      case Type.CAA -> addIssuer(answer, name);
      case Type.MX -> addMail(answer, name);
      case Type.NS -> addNameServers(answer, name);
      case Type.SOA, Type.DNSKEY -> answer.answer.add(soa(name));
      case Type.TXT -> {}
      default -> {
        answer.answer.add(soa(name));
        addNameServers(answer, name);
        addAddresses(answer, name, config.domainA());
        addMail(answer, name);
      }
    }
    return answer;
  }

  /** A name of the configuration: the same for any type. */
  Answer fixed(Name name, String resource) {
    Answer answer = new Answer();
    RegisterConfig.Static data = config.staticDataInDomain().get(resource);
    addAddresses(answer, name, data.ip());
    if (data.alias() != null) {
      data.alias().forEach(alias -> answer.answer.add(alias(name, alias.name())));
    }
    return answer;
  }

  /** A user's core: for any type; whoever asks for NS or SOA gets these besides. */
  Answer user(Name name, int type, String core) {
    Answer answer = new Answer();
    answer.answer.add(alias(name, core));
    if (type == Type.NS) {
      addNameServers(answer, name);
    } else if (type == Type.SOA) {
      answer.answer.add(soa(name));
    }
    return answer;
  }

  private void addAddresses(Answer answer, Name name, Object addresses) {
    // Each answer begins with another one.
    List<String> turned =
        turning.computeIfAbsent(
            name.toString().toLowerCase(Locale.ROOT),
            key -> new ArrayList<>(RegisterConfig.several(addresses)));
    Collections.rotate(turned, -1);
    turned.forEach(ip -> answer.answer.add(address(name, ip)));
  }

  private void addNameServers(Answer answer, Name name) {
    for (RegisterConfig.NameServer server : config.nameserver()) {
      Name target = absolute(server.name());
      Record record = new NSRecord(name, DClass.IN, config.defaultTtl(), target);
      answer.authority.add(record);
      answer.answer.add(record);
      RegisterConfig.several(server.ip()).forEach(ip -> answer.additional.add(address(target, ip)));
    }
  }

  private void addMail(Answer answer, Name name) {
    int next = 0;
    for (RegisterConfig.Mail mail : config.mail()) {
      int priority = mail.priority() != 0 ? mail.priority() : ++next * 10;
      answer.answer.add(
          new MXRecord(name, DClass.IN, config.defaultTtl(), priority, absolute(mail.name())));
    }
  }

  private void addIssuer(Answer answer, Name name) {
    if (config.certificateAuthorityAuthorization() != null) {
      String issuer = config.certificateAuthorityAuthorization().issuer();
      answer.answer.add(new CAARecord(name, DClass.IN, config.defaultTtl(), 0, "issue", issuer));
    }
  }

  private Record soa(Name name) {
    return new SOARecord(
        name,
        DClass.IN,
        config.defaultTtl(),
        absolute(config.name()),
        absolute("admin." + config.domain()),
        serial,
        1800,
        900,
        604_800,
        86_400);
  }

  private Record alias(Name name, String target) {
    return new CNAMERecord(name, DClass.IN, config.defaultTtl(), absolute(target));
  }

  private Record address(Name name, String ip) {
    try {
      return new ARecord(name, DClass.IN, config.defaultTtl(), InetAddress.getByName(ip));
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(ip + " of " + name + " is no address", e);
    }
  }

  private static Name absolute(String name) {
    try {
      return Name.fromString(name.endsWith(".") ? name : name + ".");
    } catch (TextParseException e) {
      throw new IllegalArgumentException(name + " is no name", e);
    }
  }
}
