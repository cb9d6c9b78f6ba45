package io.pryv.migration.dns;

import java.util.List;
import java.util.Locale;

/** Reads records as {@link DnsClient.Answer} holds them. */
public final class Records {

  private Records() {}

  /** Data of the records {@code TYPE data} of that type. */
  public static List<String> data(List<String> records, String type) {
    return records.stream()
        .filter(record -> record.startsWith(type + " "))
        .map(record -> record.substring(type.length() + 1))
        .map(data -> data.toLowerCase(Locale.ROOT))
        .sorted()
        .toList();
  }

  /** Data of the records {@code OWNER TYPE data} of that owner and type. */
  public static List<String> data(List<String> records, String owner, String type) {
    String start = (owner + " " + type + " ").toLowerCase(Locale.ROOT);
    return records.stream()
        .map(record -> record.toLowerCase(Locale.ROOT))
        .filter(record -> record.startsWith(start))
        .map(record -> record.substring(start.length()))
        .sorted()
        .toList();
  }

  /** Whether a name is the domain or below it. */
  public static boolean within(String name, String domain) {
    return name.equals(domain) || name.endsWith("." + domain);
  }
}
