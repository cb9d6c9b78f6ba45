package io.pryv.migration.nameservers;

import java.util.List;
import java.util.Locale;

/** Reads records as {@link io.pryv.migration.dns.DnsClient.Answer} holds them. */
final class Records {

  private Records() {}

  /** Data of the records {@code TYPE data} of that type. */
  static List<String> data(List<String> records, String type) {
    return records.stream()
        .filter(record -> record.startsWith(type + " "))
        .map(record -> record.substring(type.length() + 1))
        .map(data -> data.toLowerCase(Locale.ROOT))
        .sorted()
        .toList();
  }

  /** Data of the records {@code OWNER TYPE data} of that owner and type. */
  static List<String> data(List<String> records, String owner, String type) {
    String start = (owner + " " + type + " ").toLowerCase(Locale.ROOT);
    return records.stream()
        .map(record -> record.toLowerCase(Locale.ROOT))
        .filter(record -> record.startsWith(start))
        .map(record -> record.substring(start.length()))
        .sorted()
        .toList();
  }

  static boolean within(String name, String domain) {
    return name.equals(domain) || name.endsWith("." + domain);
  }
}
