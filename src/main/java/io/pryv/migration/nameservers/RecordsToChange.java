package io.pryv.migration.nameservers;

import io.pryv.migration.dns.Delegation;
import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.dns.Parents;
import io.pryv.migration.dns.Records;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the operator must change at the hosting provider (procedure, "Update Name servers"): what
 * the parent says now, and what dest's own DNS says of itself. With the platform reversed: the way
 * back.
 */
final class RecordsToChange {

  private final Platform platform;
  private final DnsClient dns;
  private final String from;
  private final String to;

  RecordsToChange(Platform platform, DnsClient dns) {
    this.platform = platform;
    this.dns = dns;
    this.from = platform.source().name();
    this.to = platform.dest().name();
  }

  /**
   * One record.
   *
   * @param now its data at the parent; empty when it is to be added
   * @param then its data to be; empty when it is to be removed
   * @param ttl seconds for which the old one is remembered
   */
  record Change(String where, String name, String type, String now, String then, long ttl) {}

  /**
   * What there is to do.
   *
   * @param from whom resolvers ask until they forget it
   * @param to whom the parent shall name
   * @param warnings what else an operator must know, worded for him
   * @param longestTtl of all records seen, seconds
   */
  record Listed(
      String from, String to, List<Change> changes, List<String> warnings, long longestTtl) {

    String markdown() {
      StringBuilder text = new StringBuilder();
      if (changes.isEmpty()) {
        text.append("Nothing to change: the parent delegates to %s already.%n".formatted(to));
      } else {
        text.append(
            "| where | name | type | now | change to | TTL (s) |\n|---|---|---|---|---|---|\n");
        for (Change change : changes) {
          text.append(
              "| %s | `%s` | %s | %s | %s | %d |\n"
                  .formatted(
                      change.where(),
                      change.name(),
                      change.type(),
                      change.now().isEmpty() ? "(none)" : "`" + change.now() + "`",
                      change.then().isEmpty() ? "**remove**" : "`" + change.then() + "`",
                      change.ttl()));
        }
      }
      for (String warning : warnings) {
        text.append("\n- **Mind:** ").append(warning);
      }
      return text.append("\n\nLongest TTL: ")
          .append(longestTtl)
          .append(" s; for that long some resolvers go on asking ")
          .append(from)
          .append(".\n")
          .toString();
    }
  }

  /** Asks the parents, dest and source. */
  Listed list() {
    List<String> parents = Parents.of(platform, dns);
    String domain = platform.domain();
    Delegation wanted = Delegation.atChild(dns, platform.dest().publicAddress(), domain);
    if (wanted.servers().isEmpty()) {
      throw new StepFailure(
          platform.dest().name(),
          "DNS answer for NS of " + domain,
          to + "'s name servers",
          "no records",
          "see the nameServers of its dns configuration and the log of its dns container");
    }
    Delegation now = null;
    long longest = wanted.ttl();
    List<String> warnings = new ArrayList<>();
    for (String parent : parents) {
      Delegation said = Delegation.atParent(dns, parent, domain);
      longest = Math.max(longest, said.ttl());
      if (now != null && !now.servers().equals(said.servers())) {
        warnings.add(
            "the parent's servers disagree: %s says %s, %s says %s"
                .formatted(parents.get(0), now.describe(), parent, said.describe()));
      } else if (now == null) {
        now = said;
      }
    }
    List<Change> changes = changes(now, wanted, "parent zone of " + domain, domain, to);
    warnings.addAll(destStillNamesSource(wanted));
    longest = Math.max(longest, sourceNamesItself(warnings));
    return new Listed(from, to, changes, warnings, longest);
  }

  /** From what the parent says now to what dest says of itself. */
  static List<Change> changes(
      Delegation now, Delegation wanted, String where, String domain, String to) {
    List<Change> changes = new ArrayList<>();
    Set<String> names = new TreeSet<>(now.servers().keySet());
    names.addAll(wanted.servers().keySet());
    for (String name : names) {
      boolean was = now.servers().containsKey(name);
      boolean willBe = wanted.servers().containsKey(name);
      if (was != willBe) {
        changes.add(
            new Change(where, domain, "NS", was ? name : "", willBe ? name : "", now.ttl()));
      }
      List<String> old = now.servers().getOrDefault(name, List.of());
      List<String> fresh = wanted.servers().getOrDefault(name, List.of());
      if (!old.equals(fresh) && Records.within(name, domain)) {
        changes.add(
            new Change(
                where + " (glue)",
                name,
                "A",
                String.join(" ", old),
                String.join(" ", fresh),
                now.ttl()));
      } else if (willBe && !Records.within(name, domain)) {
        changes.add(
            new Change(
                "zone of " + name,
                name,
                "A",
                "its address now",
                "an address of " + to + " or its slave",
                now.ttl()));
      }
    }
    return changes;
  }

  /** Names of dest's configuration that send clients back to source for ever (field guide 3.8). */
  private List<String> destStillNamesSource(Delegation wanted) {
    List<String> warnings = new ArrayList<>();
    Set<String> old = platform.successors().keySet();
    Set<String> names = new LinkedHashSet<>(wanted.servers().keySet());
    platform.options().staticNames().forEach(name -> names.add(name + "." + platform.domain()));
    for (String name : names) {
      List<String> addresses =
          Records.data(dns.ask(platform.dest().publicAddress(), name, "A").records(), "A");
      for (String address : addresses) {
        if (old.contains(address)) {
          warnings.add(
              ("%s's own DNS answers %s with %s's address %s: change it in %s's dns configuration"
                      + " and restart its dns before the delegation is moved")
                  .formatted(to, name, from, address, to));
        }
      }
    }
    return warnings;
  }

  /** What source's own zone goes on saying (field guide 3.19), and its longest TTL. */
  private long sourceNamesItself(List<String> warnings) {
    Delegation own = Delegation.atChild(dns, platform.source().publicAddress(), platform.domain());
    Map<String, String> successors = platform.successors();
    Set<String> names = new TreeSet<>(own.servers().keySet());
    platform.options().staticNames().forEach(name -> names.add(name + "." + platform.domain()));
    long longest = own.ttl();
    List<String> still = new ArrayList<>();
    for (String name : names) {
      DnsClient.Answer answer = dns.ask(platform.source().publicAddress(), name, "A");
      longest = Math.max(longest, answer.ttl());
      for (String address : Records.data(answer.records(), "A")) {
        if (successors.containsKey(address)) {
          still.add(name + " → " + address + " (" + to + ": " + successors.get(address) + ")");
        }
      }
    }
    if (!still.isEmpty()) {
      warnings.add(
          ("%1$s's own zone still names %1$s: %3$s. Resolvers that trust the domain's own answers"
                  + " over the parent's may renew these for ever (TTL %4$d s); they are served, since"
                  + " %1$s's nginx proxies and its DNS follows %2$s, but %1$s can not go while they"
                  + " ask. If the quiet period never comes, set %2$s's addresses in %1$s's dns"
                  + " configuration and restart its dns, with `slave-read-only no` on its Redis for"
                  + " that moment only: a dns container restarted on a read-only replica does not"
                  + " come up.")
              .formatted(from, to, String.join(", ", still), longest));
    }
    return longest;
  }
}
