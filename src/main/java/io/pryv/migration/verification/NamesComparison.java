package io.pryv.migration.verification;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * DNS answers of dest and its slaves against source's (procedure, "Verify"): one query at a time,
 * since the platform's DNS server mixes answers up when several are in flight, its clients' among
 * them (field guide, section 1). For the same reason a difference counts only when it is seen
 * again.
 */
final class NamesComparison {

  /** Names that registers of the field have, besides those that the platform file names. */
  private static final List<String> USUAL_NAMES =
      List.of("reg", "access", "mail", "sw", "dns1", "dns2", "www");

  private static final List<String> DOMAIN_TYPES = List.of("NS", "SOA", "MX", "TXT", "CAA", "A");

  private static final int TRIES = 4;

  /** Gaps between two tries: what spoiled the first answer is over by then. */
  private static final int GAPS_BETWEEN_TRIES = 10;

  private final Platform platform;
  private final DnsClient dns;
  private final Duration gap;
  private final Predicate<String> withoutCore;

  /**
   * A comparison.
   *
   * @param gap pause after the questions about one name, for the servers' other clients
   * @param withoutCore whether source's Redis has no core for a user; asked only of those whom no
   *     server has an answer for
   */
  NamesComparison(Platform platform, DnsClient dns, Duration gap, Predicate<String> withoutCore) {
    this.platform = platform;
    this.dns = dns;
    this.gap = gap;
    this.withoutCore = withoutCore;
  }

  /** A difference that stayed. */
  record Difference(String server, String question, String expected, String found, String next) {

    private static final String SILENT = "none";

    private static final String NO_RECORDS = "NOERROR, no records";

    private boolean silent() {
      return found.equals(SILENT);
    }

    private boolean noRecords() {
      return found.equals(NO_RECORDS);
    }
  }

  /**
   * How far a comparison has come: users' names are asked in alphabetical order, the platform's own
   * before them.
   *
   * @param names how many questions were put to every server
   * @param users how many of these were users' names
   * @param last the last user; empty before the first
   * @param coreless users that no server has an answer for, since Redis has no core for them; the
   *     first ones
   */
  record Asked(int names, int users, String last, List<String> coreless) {

    static final Asked NOTHING = new Asked(0, 0, "", List.of());

    private static final int MOST_CORELESS = 100;

    Asked {
      // A migration of an earlier version has none.
      coreless = coreless == null ? List.of() : List.copyOf(coreless);
    }

    private Asked and(Question question, String user) {
      return new Asked(
          names + 1,
          users + (question.kind() == Question.Kind.USER ? 1 : 0),
          question.kind() == Question.Kind.USER ? user : last,
          coreless);
    }

    private Asked andCoreless(String user) {
      return coreless.size() == MOST_CORELESS
          ? this
          : new Asked(
              names, users, last, Stream.concat(coreless.stream(), Stream.of(user)).toList());
    }
  }

  /**
   * Outcome of a round.
   *
   * @param asked in this round and those before
   * @param all whether nothing is left to ask
   * @param differences of this round
   */
  record Compared(Asked asked, boolean all, List<String> servers, List<Difference> differences) {

    private static final int ROWS = 20;

    /** What the operator is told when names differ. */
    StepFailure failure() {
      Difference first = differences.get(0);
      StringBuilder found = new StringBuilder(differences.size() + " different");
      differences.stream()
          .limit(ROWS)
          .forEach(
              one ->
                  found.append(
                      "%n    %s, %s: expected %s, found %s"
                          .formatted(one.server(), one.question(), one.expected(), one.found())));
      return new StepFailure(
          first.server(),
          "DNS answers compared with source's",
          "every name answered as source does, with dest's addresses in place of source's",
          found.toString(),
          first.next() + ", then retry");
    }

    String markdown() {
      StringBuilder text =
          new StringBuilder(
              "%d names compared (%d users) on %s against source: %d differ.\n"
                  .formatted(
                      asked.names(),
                      asked.users(),
                      String.join(", ", servers),
                      differences.size()));
      if (!differences.isEmpty()) {
        text.append("\n| server | question | expected | found | next |\n|---|---|---|---|---|\n");
        differences.stream()
            .limit(ROWS)
            .forEach(
                one ->
                    text.append(
                        "| %s | %s | %s | %s | %s |\n"
                            .formatted(
                                one.server(),
                                one.question(),
                                one.expected(),
                                one.found(),
                                one.next())));
      }
      if (!asked.coreless().isEmpty()) {
        text.append(
            "\nUsers without a core, on both sides (`NAME:users` is in Redis, `NAME:server` is not):"
                + " %s. They had no address before the migration either: find out what they are,"
                    .formatted(String.join(", ", asked.coreless()))
                + " then write their core or delete them.\n");
      }
      return text.toString();
    }
  }

  /**
   * Compares, for so long: first the domain's own records, static names and a name that nobody has,
   * then one user after the other. A round that found differences is the last one.
   *
   * @param before what earlier rounds have asked
   * @param users all that are to be asked; whoever comes in between is asked when his turn is yet
   *     to come
   */
  Compared goOn(Asked before, Collection<String> users, Duration longest) {
    long began = System.nanoTime();
    List<Machine> servers = new ArrayList<>(List.of(platform.dest()));
    servers.addAll(platform.destSlaves());
    List<Difference> differences = new ArrayList<>();
    Asked asked = before;
    if (before.equals(Asked.NOTHING)) {
      for (Question own : ownQuestions()) {
        if (late(began, longest) && !differences.isEmpty()) {
          break;
        }
        differences.addAll(lasting(own, servers));
        asked = asked.and(own, "");
      }
    }
    Iterator<String> ahead = new TreeSet<>(users).tailSet(before.last(), false).iterator();
    boolean first = true;
    while (ahead.hasNext() && (first || !late(began, longest))) {
      String user = ahead.next();
      Question question = new Question(user + "." + platform.domain(), "A", Question.Kind.USER);
      Collection<Difference> found = lasting(question, servers);
      asked = asked.and(question, user);
      // Each server must have said so: one that names a core, or is silent, differs all the same.
      if (found.size() == servers.size()
          && found.stream().allMatch(Difference::noRecords)
          && withoutCore.test(user)) {
        asked = asked.andCoreless(user);
      } else {
        differences.addAll(found);
      }
      first = false;
    }
    return new Compared(
        asked, !ahead.hasNext(), servers.stream().map(Machine::name).toList(), differences);
  }

  private static boolean late(long began, Duration longest) {
    return System.nanoTime() - began > longest.toNanos();
  }

  /** The differences that are seen at every try. */
  private Collection<Difference> lasting(Question question, List<Machine> servers) {
    Map<Machine, Difference> differences = ask(question, servers);
    LockSupport.parkNanos(gap.toNanos());
    for (int tries = 1; tries < TRIES && doubtful(differences); tries++) {
      LockSupport.parkNanos(gap.toNanos() * GAPS_BETWEEN_TRIES);
      differences = ask(question, differences.keySet());
    }
    return differences.values();
  }

  /** A server that is silent was asked several times already, with patience. */
  private static boolean doubtful(Map<Machine, Difference> differences) {
    return differences.values().stream().anyMatch(difference -> !difference.silent());
  }

  private Set<Question> ownQuestions() {
    String domain = platform.domain();
    Set<Question> questions = new LinkedHashSet<>();
    for (String type : DOMAIN_TYPES) {
      questions.add(new Question(domain, type, Question.Kind.DOMAIN));
    }
    Set<String> names = new LinkedHashSet<>();
    platform.options().staticNames().forEach(name -> names.add(name + "." + domain));
    for (String name : names) {
      questions.add(new Question(name, "A", Question.Kind.OF_DEST));
    }
    USUAL_NAMES.stream()
        .map(name -> name + "." + domain)
        .filter(name -> !names.contains(name))
        .forEach(name -> questions.add(new Question(name, "A", Question.Kind.STATIC)));
    dns.ask(platform.source().publicAddress(), domain, "NS").records().stream()
        .map(record -> record.replaceFirst("^NS ", ""))
        .filter(name -> name.endsWith("." + domain) && !names.contains(name))
        .forEach(name -> questions.add(new Question(name, "A", Question.Kind.STATIC)));
    questions.add(new Question("register-migration-nobody." + domain, "A", Question.Kind.NOBODY));
    return questions;
  }

  private Map<Machine, Difference> ask(Question question, Collection<Machine> servers) {
    DnsClient.Answer ofSource =
        dns.ask(platform.source().publicAddress(), question.name(), question.type());
    Map<Machine, Difference> differences = new LinkedHashMap<>();
    for (Machine server : servers) {
      try {
        DnsClient.Answer found = dns.ask(server.publicAddress(), question.name(), question.type());
        question
            .judge(ofSource, found, platform.successors(), platform.destAddresses())
            .filter(verdict -> !namesItself(question, found, server))
            .ifPresent(
                verdict ->
                    differences.put(
                        server,
                        new Difference(
                            server.name(),
                            question.type() + " " + question.name(),
                            verdict.expected(),
                            found.empty()
                                ? found.code() + ", no records"
                                : String.join(", ", found.records()),
                            verdict.next())));
      } catch (StepFailure silent) {
        differences.put(
            server,
            new Difference(
                server.name(),
                question.type() + " " + question.name(),
                "an answer",
                Difference.SILENT,
                "see that the dns container of "
                    + server.name()
                    + " runs and its port 53 is open"));
      }
    }
    return differences;
  }

  /** Name servers may have other names on dest, as long as each is dest or its slave there. */
  private boolean namesItself(Question question, DnsClient.Answer found, Machine server) {
    if (!question.type().equals("NS") || found.empty()) {
      return false;
    }
    return found.records().stream()
        .map(record -> record.replaceFirst("^NS ", ""))
        .allMatch(
            name -> {
              List<String> addresses = dns.ask(server.publicAddress(), name, "A").records();
              return !addresses.isEmpty()
                  && platform.destAddresses().stream()
                      .map(address -> "A " + address)
                      .toList()
                      .containsAll(addresses);
            });
  }

  /** What is asked, and what a right answer is. */
  record Question(String name, String type, Kind kind) {

    enum Kind {
      /** A record of the domain itself. */
      DOMAIN,
      /** A name that must be dest's or its slave's. */
      OF_DEST,
      /** A name that may exist; where it was source's it must be dest's. */
      STATIC,
      /** A user: must be there. */
      USER,
      /** A name that nobody has: NOERROR without records. */
      NOBODY
    }

    /** Why an answer is wrong. */
    record Verdict(String expected, String next) {}

    /** Judges the answer of dest or one of its slaves; empty when it is right. */
    Optional<Verdict> judge(
        DnsClient.Answer ofSource,
        DnsClient.Answer found,
        Map<String, String> successors,
        Set<String> destAddresses) {
      if (kind == Kind.NOBODY) {
        return wrongUnless(
            found.code().equals("NOERROR") && found.empty(),
            "NOERROR without records",
            "a name that nobody has must have no records: see dest's dns configuration");
      }
      if (kind == Kind.USER) {
        return wrongUnless(
            !ofSource.empty() && found.records().equals(ofSource.records()),
            ofSource.empty()
                ? "the user's core (source itself has no answer)"
                : said(ofSource.records()),
            "see whether the user's keys are in this machine's Redis, and the log of its dns");
      }
      List<String> expected = moved(ofSource.records(), successors);
      boolean back = found.records().stream().anyMatch(record -> isOf(record, successors.keySet()));
      String next =
          back
              ? "the dns configuration still names source: set the new address there and restart"
                  + " that dns container"
              : "compare the dns configuration with source's, restart that dns container";
      if (kind == Kind.OF_DEST) {
        return wrongUnless(
            !found.empty()
                && found.records().stream().allMatch(record -> isOf(record, destAddresses)),
            "A of " + String.join(" or ", destAddresses),
            next);
      }
      return wrongUnless(
          comparable(found.records()).equals(comparable(expected)), said(expected), next);
    }

    private static Optional<Verdict> wrongUnless(boolean right, String expected, String next) {
      return right ? Optional.empty() : Optional.of(new Verdict(expected, next));
    }

    private static boolean isOf(String record, Set<String> addresses) {
      return record.startsWith("A ") && addresses.contains(record.substring(2));
    }

    private static List<String> moved(List<String> records, Map<String, String> successors) {
      return records.stream()
          .map(
              record ->
                  isOf(record, successors.keySet())
                      ? "A " + successors.get(record.substring(2))
                      : record)
          .sorted()
          .distinct()
          .toList();
    }

    /** The first server's name and the serial number of a SOA record are each machine's own. */
    private static List<String> comparable(List<String> records) {
      return records.stream()
          .map(record -> record.replaceFirst("^SOA (\\S+) (\\S+) \\d+ ", "SOA $2 "))
          .sorted()
          .toList();
    }

    private static String said(List<String> records) {
      return records.isEmpty() ? "no records" : String.join(", ", records);
    }
  }
}
