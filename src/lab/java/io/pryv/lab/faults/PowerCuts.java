package io.pryv.lab.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * The ledger of power cuts: source's and dest's in turn, at moments spread over the two seconds
 * around each change of the writer. A migration is cut once on its way there, live or cold, and
 * once more on its way back.
 */
final class PowerCuts {

  /** A change of the writer, and when it usually comes after the beginning of its step. */
  private enum Moment {
    LIVE("switchOver", "live: dest is elected", 4000),
    COLD("startDest", "cold: dest starts, and is led to", 1500),
    BACK("returnWriter", "on the way back: source is elected", 1000);

    private static final int AROUND_MS = 1000;

    /** What elects so long after a cut is another try. */
    private static final int LONGEST_TRY_MS = 2_000;

    private final String step;
    private final String words;
    private final int usualMs;

    Moment(String step, String words, int usualMs) {
      this.step = step;
      this.words = words;
      this.usualMs = usualMs;
    }

    /**
     * When the n-th cut comes after the beginning of its step; all are spread evenly over the two
     * seconds around the change, however many there will be.
     *
     * @param all cuts that were made: where one came after its election, it tells when that came
     */
    Duration delay(int n, JsonNode all) {
      double golden = (n + 0.5) * 0.6180339887498949;
      long middle = electedAfterMs(all);
      return Duration.ofMillis(
          Math.max(0, middle - AROUND_MS + Math.round((golden % 1) * 2 * AROUND_MS)));
    }

    /** How long after the beginning of its step the election has come, in the middle of all. */
    long electedAfterMs(JsonNode all) {
      List<Long> seen = new ArrayList<>();
      for (JsonNode migration : all) {
        for (JsonNode cut : migration.get("cuts")) {
          long late = cut.path("fromElectionMs").asLong();
          if (cut.get("moment").asText().equals(name()) && late > 0 && late < LONGEST_TRY_MS) {
            seen.add(cut.get("afterMs").asLong() - late);
          }
        }
      }
      seen.sort(null);
      return seen.isEmpty() ? usualMs : seen.get(seen.size() / 2);
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path root;
  private final Path home;
  private final Path kept;
  private final Matrix matrix;
  private boolean asBefore;

  /**
   * Cuts in a checkout.
   *
   * @param home where each migration leaves what it said
   */
  PowerCuts(Path root, Path home, Matrix matrix) {
    this.root = root;
    this.home = home;
    this.matrix = matrix;
    this.kept = file(root);
  }

  /** Where the cuts that were made are kept. */
  static Path file(Path root) {
    return root.resolve("docs/power-cuts.json");
  }

  /** So many migrations more; whether each held. */
  boolean run(int migrations) throws IOException {
    boolean held = true;
    for (int i = 0; i < migrations; i++) {
      held &= runOne();
    }
    return held;
  }

  /** The next one in turn, after those that are kept: live and cold, dest and source. */
  private boolean runOne() throws IOException {
    ArrayNode all = read(kept);
    int number = all.size();
    Moment there = number % 2 == 0 ? Moment.LIVE : Moment.COLD;
    boolean destFirst = number / 2 % 2 == 0;
    Cell cut = cell(there, destFirst ? Fault.DEST_POWER_CUT : Fault.POWER_CUT);
    Cell back = cell(Moment.BACK, destFirst ? Fault.POWER_CUT : Fault.DEST_POWER_CUT);
    Map<Cell, Duration> delays = new HashMap<>();
    delays.put(cut, there.delay(number / 2, all));
    delays.put(back, Moment.BACK.delay(number, all));
    System.out.printf("migration %d with %s and %s%n", number, cut, back);
    Instant began = Instant.now();
    Path directory = home.resolve("cut-" + began.toEpochMilli());
    Files.createDirectories(directory);
    MigrationRun run = new MigrationRun(root, directory, List.of(cut, back), delays, asBefore);
    List<Result> results = run.run();
    // Whoever had to go back earlier does not come to the return.
    List<String> problems =
        results.stream()
            .flatMap(one -> one.problems().stream())
            .filter(problem -> !problem.equals(MigrationRun.NOT_REACHED) || run.cuts().isEmpty())
            .distinct()
            .toList();
    asBefore =
        problems.isEmpty()
            && results.stream().allMatch(one -> one.outcome().contains("rolledBack"));
    ObjectNode node = all.addObject();
    node.put("strategy", there.name().toLowerCase(Locale.ROOT));
    ArrayNode cuts = node.putArray("cuts");
    for (PowerCut one : run.cuts()) {
      ObjectNode each = cuts.addObject();
      each.put("moment", one.cell().equals(back) ? Moment.BACK.name() : there.name());
      each.put("machine", one.machine());
      long afterMs = Duration.between(one.begun(), one.at()).toMillis();
      each.put("afterMs", afterMs);
      run.elected(one)
          .ifPresent(
              election ->
                  each.put("fromElectionMs", Duration.between(election, one.at()).toMillis()));
      each.put("outcome", run.outcome(one.cell()));
    }
    node.put("end", results.stream().map(Result::outcome).findFirst().orElse(""));
    node.put("acknowledged", run.loss().acknowledged());
    node.put("lost", run.loss().names().size());
    node.put("lostByEverysec", run.loss().byEverysec().size());
    problems.forEach(node.putArray("problems")::add);
    node.put("date", LocalDate.now(ZoneOffset.UTC).toString());
    node.put("commit", new Lab(root, directory.resolve("lab.log")).commit());
    Files.writeString(kept, all.toPrettyString() + "\n");
    System.out.printf(
        "%s %s; took %d s%n",
        problems.isEmpty() ? "holds" : "FAILS",
        node,
        Duration.between(began, Instant.now()).toSeconds());
    return problems.isEmpty();
  }

  private Cell cell(Moment moment, Fault fault) {
    return matrix.find(moment.step, fault.id).orElseThrow();
  }

  /** The migrations that are kept, none at first. */
  static ArrayNode read(Path file) throws IOException {
    return Files.exists(file) ? (ArrayNode) JSON.readTree(file.toFile()) : JSON.createArrayNode();
  }

  /** What is kept, as a section of the page. */
  static String section(JsonNode migrations) {
    StringBuilder section =
        new StringBuilder(
            """
            ## Power cuts around each change of the writer

            `script/faults --power-cuts N` runs N migrations more, with `appendfsync everysec`. Each is cut once on its way there and once on its way back,
            within the second before or after the election; of a cut that came before it, which undoes that try of the switch, the second
            table tells when the election would have come (as those did that were seen).
            Twenty cuts of each machine around each election, and each cell of the matrix below ten times, are what is wanted; the tables
            count what was done so far. Where a dest that follows was cut, its register does not come up on the read-only Redis and
            *See that dest serves* waits: the operator rolls back then, as the manual says, and there is no return to cut.

            | change of the writer | who is cut | cuts | 2 s around the election | of these before it | migrations that hold |
            |---|---|--:|--:|--:|--:|
            """);
    for (Moment moment : Moment.values()) {
      for (String machine : List.of(Lab.DEST, Lab.SOURCE)) {
        section.append(row(migrations, moment, machine));
      }
    }
    long acknowledged = sum(migrations, "acknowledged");
    section.append(
        "%n%d migrations: %d writes acknowledged, **%d lost**, and %d lost by everysec.%n%n"
            .formatted(
                migrations.size(),
                acknowledged,
                sum(migrations, "lost"),
                sum(migrations, "lostByEverysec")));
    section.append(
        """
        | migration | cuts: machine, ms from the election (− is before it), what came of it | acknowledged | lost | by everysec | problems | date, commit |
        |--:|---|--:|--:|--:|---|---|
        """);
    IntStream.range(0, migrations.size())
        .forEach(i -> section.append(migration(i + 1, migrations.get(i), migrations)));
    return section.append("\n").toString();
  }

  private static String row(JsonNode migrations, Moment moment, String machine) {
    int cuts = 0;
    int near = 0;
    int before = 0;
    int hold = 0;
    for (JsonNode migration : migrations) {
      for (JsonNode cut : migration.get("cuts")) {
        if (cut.get("moment").asText().equals(moment.name())
            && cut.get("machine").asText().equals(machine)) {
          cuts++;
          hold += migration.get("problems").isEmpty() ? 1 : 0;
          OptionalLong late = fromElection(cut, migrations);
          boolean within = late.isPresent() && Math.abs(late.getAsLong()) <= Moment.AROUND_MS;
          near += within ? 1 : 0;
          before += within && late.getAsLong() < 0 ? 1 : 0;
        }
      }
    }
    return moment == Moment.COLD
        ? "| %s | %s | %d | | | %d |%n".formatted(moment.words, machine, cuts, hold)
        : "| %s | %s | %d | %d | %d | %d |%n"
            .formatted(moment.words, machine, cuts, near, before, hold);
  }

  /**
   * How long after the election a cut came, in ms, negative before it. A cut that came before it
   * has undone that try of the switch, and another one elects: it is told from when the election
   * would have come. Cold has none.
   */
  private static OptionalLong fromElection(JsonNode cut, JsonNode all) {
    Moment moment = Moment.valueOf(cut.get("moment").asText());
    if (moment == Moment.COLD) {
      return OptionalLong.empty();
    }
    long seen = cut.path("fromElectionMs").asLong(Long.MIN_VALUE);
    return OptionalLong.of(
        seen > -Moment.LONGEST_TRY_MS
            ? seen
            : Math.min(-1, cut.get("afterMs").asLong() - moment.electedAfterMs(all)));
  }

  private static long sum(JsonNode migrations, String field) {
    long sum = 0;
    for (JsonNode migration : migrations) {
      sum += migration.get(field).asLong();
    }
    return sum;
  }

  private static String migration(int number, JsonNode migration, JsonNode all) {
    List<String> cuts = new ArrayList<>();
    for (JsonNode cut : migration.get("cuts")) {
      OptionalLong late = fromElection(cut, all);
      cuts.add(
          "%s %s: %s"
              .formatted(
                  cut.get("machine").asText(),
                  late.isPresent()
                      ? "%+d".formatted(late.getAsLong()).replace('-', '−')
                      : "%d after %s began"
                          .formatted(
                              cut.get("afterMs").asLong(),
                              Moment.valueOf(cut.get("moment").asText()).step),
                  cut.get("outcome").asText()));
    }
    List<String> problems = new ArrayList<>();
    migration.get("problems").forEach(problem -> problems.add(problem.asText()));
    return "| %d, %s | %s | %d | %d | %d | %s | %s, %s |%n"
        .formatted(
            number,
            migration.get("strategy").asText(),
            String.join("; ", cuts) + "; in the end " + migration.get("end").asText(),
            migration.get("acknowledged").asLong(),
            migration.get("lost").asLong(),
            migration.get("lostByEverysec").asLong(),
            FaultsPage.cell(String.join("; ", problems)),
            migration.get("date").asText(),
            migration.get("commit").asText());
  }
}
