package io.pryv.migration.cutover;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the switch wrote while it ran: each sub-step with its time, the outcome last.
 *
 * @param subSteps in order
 */
record SwitchLog(List<SubStep> subSteps) {

  private static final Pattern LINE = Pattern.compile("(\\d{16,19}) ([a-z-]+)(?: (.*))?");

  private static final Pattern HELD_KEYS = Pattern.compile("keys (\\d{1,18})");

  /** How a switch ended. */
  enum Outcome {
    /** dest is the writer, source follows it, and nginx leads there. */
    SWITCHED,
    /** dest is the writer; something else is not as it should be. */
    BUT,
    /** Source is the writer, as before. */
    UNDONE,
    /** Source refuses writes, since nobody knows whether dest was elected. */
    UNKNOWN
  }

  /**
   * One line.
   *
   * @param nanos since 1970, by source's clock
   * @param name such as {@code fence} or {@code promoted}
   */
  record SubStep(long nanos, String name, String words) {}

  static SwitchLog parse(String text) {
    List<SubStep> subSteps = new ArrayList<>();
    for (String line : text.lines().toList()) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.matches()) {
        subSteps.add(
            new SubStep(
                Long.parseLong(matcher.group(1)),
                matcher.group(2),
                matcher.group(3) == null ? "" : matcher.group(3)));
      }
    }
    return new SwitchLog(List.copyOf(subSteps));
  }

  /** The outcome, if the switch has come to one. */
  Optional<Outcome> outcome() {
    return words("outcome")
        .map(
            words ->
                words.startsWith("switched but")
                    ? Outcome.BUT
                    : Outcome.valueOf(words.split("[: ]", 2)[0].toUpperCase(Locale.ROOT)));
  }

  /** The outcome in the script's words. */
  String said() {
    return words("outcome").orElse("no outcome");
  }

  /** The words of the last sub-step of that name. */
  Optional<String> words(String name) {
    return subSteps.stream()
        .filter(step -> step.name().equals(name))
        .map(SubStep::words)
        .reduce((first, second) -> second);
  }

  /** How many keys that do not expire source held under the fence, once it was the last one. */
  Optional<Long> heldKeys() {
    return words("held")
        .map(HELD_KEYS::matcher)
        .filter(Matcher::find)
        .map(found -> Long.valueOf(found.group(1)));
  }

  /** When the last sub-step of that name was, by source's clock. */
  Optional<Instant> at(String name) {
    return nanosOfLast(name).map(nanos -> Instant.ofEpochSecond(0, nanos));
  }

  private Optional<Long> nanosOfLast(String name) {
    return subSteps.stream()
        .filter(step -> step.name().equals(name))
        .map(SubStep::nanos)
        .reduce((first, second) -> second);
  }

  /** Milliseconds from the last sub-step of one name to the first one of another behind it. */
  Optional<Double> millis(String from, String to) {
    return nanosOfLast(from)
        .flatMap(
            start ->
                subSteps.stream()
                    .filter(step -> step.name().equals(to) && step.nanos() >= start)
                    .findFirst()
                    .map(step -> (step.nanos() - start) / 1e6));
  }

  /** Where the time went, with the fence as its beginning. */
  String markdown() {
    long zero = nanosOfLast("fence").orElse(subSteps.isEmpty() ? 0 : subSteps.get(0).nanos());
    StringBuilder text = new StringBuilder("| ms | sub-step | |\n|---:|---|---|\n");
    for (SubStep step : subSteps) {
      text.append(
          "| %.1f | %s | %s |%n"
              .formatted(
                  (step.nanos() - zero) / 1e6, step.name(), step.words().replace("|", "\\|")));
    }
    return text.toString();
  }
}
