package io.pryv.migration.preflight;

import io.pryv.migration.dns.Delegation;
import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.dns.DnsClient.Answer;
import io.pryv.migration.dns.Parents;
import io.pryv.migration.dns.Records;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the domain delegates to, and whether each register answers DNS: really, not docker ps. */
final class NameChecks {

  private final Platform platform;
  private final DnsClient dns;
  private final List<Finding> findings = new ArrayList<>();

  private NameChecks(Platform platform, DnsClient dns) {
    this.platform = platform;
    this.dns = dns;
  }

  /**
   * Asks parents, resolvers and registers.
   *
   * @param users names of a few users of source
   * @param destRuns whether dest's services are up
   */
  static List<Finding> of(Platform platform, DnsClient dns, List<String> users, boolean destRuns) {
    NameChecks checks = new NameChecks(platform, dns);
    checks.delegation();
    checks.resolvers();
    checks.sources(users);
    checks.dests(destRuns);
    return checks.findings;
  }

  private void delegation() {
    List<String> parents;
    try {
      parents = Parents.of(platform, dns);
    } catch (StepFailure e) {
      stop("platform", e.about(), e.expected(), e.found(), e.next());
      return;
    }
    for (String parent : parents) {
      try {
        delegation(parent, Delegation.atParent(dns, parent, platform.domain()));
      } catch (StepFailure e) {
        findings.add(
            Finding.warn(
                "platform",
                "parent name server " + parent,
                e.expected(),
                e.found(),
                "see that it is one of the parents of " + platform.domain()));
      }
    }
  }

  private void delegation(String parent, Delegation delegation) {
    Set<String> addresses = new TreeSet<>(delegation.addresses());
    delegation.servers().entrySet().stream()
        .filter(server -> server.getValue().isEmpty())
        .forEach(server -> addresses.addAll(resolved(server.getKey())));
    String check = parent + " delegates " + platform.domain();
    String found =
        "%s at %s, TTL %d s"
            .formatted(
                String.join(", ", delegation.servers().keySet()),
                String.join(", ", addresses),
                delegation.ttl());
    Set<String> sources = addressesOfSources();
    if (delegation.servers().isEmpty()) {
      stop(
          "platform",
          check,
          "a delegation to source",
          "none",
          "see that this server is a parent of the domain");
    } else if (addresses.stream().noneMatch(sources::contains)) {
      stop(
          "platform",
          check,
          "to source: " + String.join(", ", sources),
          found,
          "the platform is not served by this source: correct the platform file");
    } else if (!sources.containsAll(addresses)) {
      findings.add(
          Finding.warn(
              "platform",
              check,
              "to source and its slaves only: " + String.join(", ", sources),
              found,
              "name the other machines as sourceSlaves if they are registers of the platform"));
    } else {
      findings.add(Finding.pass("platform", check, found));
    }
  }

  private Set<String> addressesOfSources() {
    return Stream.concat(Stream.of(platform.source()), platform.sourceSlaves().stream())
        .map(Machine::publicAddress)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Addresses of a name server outside the domain, for which no parent has any. */
  private List<String> resolved(String name) {
    for (String resolver : platform.resolvers()) {
      try {
        List<String> addresses = Records.data(dns.resolve(resolver, name, "A").records(), "A");
        if (!addresses.isEmpty()) {
          return addresses;
        }
      } catch (StepFailure noAnswer) {
        // The check of the resolvers says so.
      }
    }
    return List.of();
  }

  private void resolvers() {
    for (String resolver : platform.resolvers()) {
      String check = "resolver " + resolver;
      try {
        Answer answer = dns.resolve(resolver, platform.domain(), "NS");
        findings.add(
            answer.empty()
                ? Finding.warn(
                    "platform",
                    check,
                    "NS records of " + platform.domain(),
                    answer.code() + " without any",
                    "see why this resolver does not find the platform")
                : Finding.pass("platform", check, String.join(", ", answer.records())));
      } catch (StepFailure e) {
        findings.add(
            Finding.warn("platform", check, e.expected(), e.found(), "name one that answers"));
      }
    }
  }

  /** Source and its slaves must answer for real users, and alike. */
  private void sources(List<String> users) {
    List<Machine> registers = new ArrayList<>(List.of(platform.source()));
    registers.addAll(platform.sourceSlaves());
    for (Machine register : registers) {
      names(register, false);
      for (String user : users) {
        String name = user + "." + platform.domain();
        ask(register, name, "CNAME", "the user's core", false);
      }
    }
    platform.options().staticNames().forEach(this::staticName);
  }

  /**
   * The delegation counts as moved once each of these names has dest's address or a slave's: one
   * that another machine has now will never have it.
   */
  private void staticName(String local) {
    String name = local + "." + platform.domain();
    String check = "DNS " + name;
    Set<String> sources = addressesOfSources();
    List<String> records;
    try {
      records = dns.ask(platform.source().publicAddress(), name, "A").records();
    } catch (StepFailure silent) {
      return; // Said already.
    }
    List<String> addresses = Records.data(records, "A");
    if (!addresses.isEmpty() && sources.containsAll(addresses)) {
      findings.add(Finding.pass("source", check, String.join(", ", records)));
    } else {
      stop(
          "source",
          check,
          "an address of source or its slaves, for it is in options.staticNames: "
              + String.join(", ", sources),
          records.isEmpty() ? "no record" : String.join(", ", records),
          "take it out of options.staticNames: it is not this register's to move, and the"
              + " delegation would be waited for for ever");
    }
  }

  private void dests(boolean destRuns) {
    List<Machine> registers = new ArrayList<>(platform.destSlaves());
    if (destRuns) {
      registers.add(0, platform.dest());
    }
    for (Machine register : registers) {
      names(register, !destRuns);
    }
  }

  /** The platform's own name servers, which dns knows without Redis. */
  private void names(Machine register, boolean lenient) {
    ask(register, platform.domain(), "NS", "its name servers", lenient);
  }

  private void ask(Machine register, String name, String type, String what, boolean lenient) {
    String check = "DNS " + type + " " + name + " at " + register.publicAddress();
    String found;
    try {
      Answer answer = dns.ask(register.publicAddress(), name, type);
      if (!answer.empty()) {
        findings.add(Finding.pass(register.name(), check, String.join(", ", answer.records())));
        return;
      }
      found = answer.code() + " without records";
    } catch (StepFailure e) {
      found = e.found();
    }
    if (lenient) {
      findings.add(
          Finding.warn(
              register.name(),
              check,
              what,
              found,
              "nothing yet: its master is not launched; it is asked again before the end"));
    } else {
      stop(register.name(), check, what, found, "see docker logs of its dns container");
    }
  }

  private void stop(String machine, String check, String expected, String found, String next) {
    findings.add(Finding.stop(machine, check, expected, found, next));
  }
}
