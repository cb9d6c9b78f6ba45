package io.pryv.migration.preflight;

import io.pryv.migration.platform.Machine;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Whether one machine reaches another, and meets there the machine that we know. */
final class ReachChecks {

  /** bash's own words (strerror(3)) for a port where nothing listens. */
  private static final String REFUSED = "Connection refused";

  private ReachChecks() {}

  /**
   * The other's sshd, with the host keys that the other itself told us over the pinned connection.
   */
  static List<Finding> ssh(String from, Facts seen, Machine to, List<String> hostKeys) {
    String check = "%s → %s:%d".formatted(from, to.publicAddress(), to.port());
    String answer = seen.get("reach.ssh." + to.name());
    if (!answer.equals("open")) {
      return List.of(
          Finding.stop(
              from,
              check,
              "an open port: sshd of " + to.name(),
              answer,
              next(answer, from) + "; see publicAddress and port in the platform file"));
    }
    Set<String> known = new HashSet<>();
    hostKeys.forEach(line -> known.add(typeAndKey(line, 0)));
    List<Finding> findings = new ArrayList<>();
    List<String> met = seen.lines("keyscan." + to.name());
    List<String> strange =
        met.stream()
            .filter(line -> !line.startsWith("#"))
            .map(line -> typeAndKey(line, 1))
            .filter(key -> !known.contains(key))
            .map(key -> key.split(" ", 2)[0])
            .toList();
    if (met.isEmpty() || known.isEmpty()) {
      findings.add(
          Finding.warn(
              from,
              check,
              "host keys to compare",
              met.isEmpty() ? "ssh-keyscan shows none" : "none readable on " + to.name(),
              "see that ssh-keyscan is on " + from + "; the key is checked when it is used"));
    } else if (!strange.isEmpty()) {
      findings.add(
          Finding.stop(
              from,
              check,
              "the host keys of " + to.name(),
              "another host's: " + String.join(", ", strange),
              "that address leads elsewhere from " + from + ": find out to which machine"));
    } else {
      findings.add(Finding.pass(from, check, "open, host key is " + to.name() + "'s own"));
    }
    return findings;
  }

  /**
   * The other's nginx; before its launch, a refused connection shows that nothing is in between.
   */
  static Finding https(String from, Facts seen, Machine to, boolean launched) {
    String check = "%s → %s:443".formatted(from, to.publicAddress());
    String answer = seen.get("reach.https." + to.name());
    if (answer.equals("open")) {
      return Finding.pass(from, check, "open");
    }
    if (answer.equals(REFUSED) && !launched) {
      return Finding.pass(from, check, "not filtered; nothing listens before the launch");
    }
    return Finding.stop(
        from,
        check,
        "an open port: source's nginx will pass requests on to it",
        answer,
        next(answer, from));
  }

  private static String next(String answer, String from) {
    return answer.equals(REFUSED)
        ? "see that its service listens on that address and port"
        : "open it in the firewalls between the two, for " + from + "'s address";
  }

  private static String typeAndKey(String line, int skip) {
    String[] words = line.strip().split("\\s+", -1);
    return words.length < skip + 2 ? "" : words[skip] + " " + words[skip + 1];
  }
}
