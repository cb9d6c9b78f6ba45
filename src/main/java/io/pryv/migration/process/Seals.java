package io.pryv.migration.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.pryv.migration.platform.StepFailure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.camunda.bpm.engine.variable.value.TypedValue;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Variables that say what is touched where, and those whose truth no later step can see on the
 * machines: kept a second time beside the engine, in the same transaction, and compared before each
 * step. In Cockpit anybody may edit a variable, and a wrong data directory would be wiped by the
 * next sync.
 */
@Component
class Seals {

  /** What is touched, and where: settled by preflight. */
  private static final Set<String> PLACES =
      Set.of("platform", "sourceLayout", "destLayout", "sourceSlaveLayouts", "destSlaveLayouts");

  /** What a step has found or proven. */
  private static final Set<String> FINDINGS =
      Set.of(
          "proxySite",
          "switchSite",
          "returnSite",
          "recordsListed",
          "delegationMoved",
          "stuckDelegation",
          "acceptedDelegation",
          "longestTtl",
          "quiet",
          "quietEars");

  /** What chooses a migration's way, for as long as it runs: an edit would cross two of them. */
  private static final Set<String> CHOICES =
      Set.of(
          Purpose.VARIABLE,
          "strategy",
          "preflightStops",
          "namesMoved",
          Decisions.NOTHING_CHANGED_SAID);

  /** Those that are a word, not JSON. */
  private static final Set<String> WORDS =
      Set.of(Purpose.VARIABLE, "strategy", "stuckDelegation", "acceptedDelegation");

  /** May be changed while the migration runs, such as the longest outage. */
  private static final String FREE = "options";

  private final JdbcTemplate database;

  Seals(JdbcTemplate database) {
    this.database = database;
  }

  /** Keeps a variable's value, within the transaction that sets it; other variables are free. */
  void seal(String migration, String name, TypedValue value) {
    if (PLACES.contains(name) || FINDINGS.contains(name) || CHOICES.contains(name)) {
      database.update(
          "delete from MIGRATION_SEAL where MIGRATION = ? and NAME = ?", migration, name);
      database.update(
          "insert into MIGRATION_SEAL (MIGRATION, NAME, CONTENT) values (?, ?, ?)",
          migration,
          name,
          Values.text(value.getValue()));
    }
  }

  /**
   * Compares every sealed variable with what was kept.
   *
   * @throws StepFailure when one was changed by somebody else, or is gone
   */
  void check(String migration, Function<String, Object> variables) {
    kept(migration).forEach((name, kept) -> check(name, kept, variables.apply(name)));
  }

  /**
   * As {@link #check}, of the places alone: for a look beside the steps, which commit their
   * findings while it reads one after the other.
   */
  void checkPlaces(String migration, Function<String, Object> variables) {
    Map<String, String> places = kept(migration);
    places.keySet().retainAll(PLACES);
    places.forEach((name, kept) -> check(name, kept, variables.apply(name)));
  }

  /** As {@link #check}, of those variables alone that are named. */
  void check(String migration, Set<String> names, Function<String, Object> variables) {
    Map<String, String> read = kept(migration);
    read.keySet().retainAll(names);
    read.forEach((name, kept) -> check(name, kept, variables.apply(name)));
  }

  /** What this program put into a variable, whatever it holds now. */
  Optional<String> sealed(String migration, String name) {
    return Optional.ofNullable(kept(migration).get(name));
  }

  private Map<String, String> kept(String migration) {
    Map<String, String> sealed = new LinkedHashMap<>();
    database.query(
        "select NAME, CONTENT from MIGRATION_SEAL where MIGRATION = ? order by NAME",
        row -> {
          sealed.put(row.getString("NAME"), row.getString("CONTENT"));
        },
        migration);
    return sealed;
  }

  private static void check(String name, String kept, Object variable) {
    String found = variable == null ? "" : Values.text(variable);
    if (found.equals(kept)) {
      return;
    }
    JsonNode was = tree(name, kept);
    JsonNode is = variable == null ? null : tree(name, found);
    List<String> differing =
        is == null ? List.of("all: it is gone") : Differences.between(bound(was), bound(is));
    if (!differing.isEmpty()) {
      throw new StepFailure(
          "this program",
          "variable " + name,
          "what this program put there",
          "edited: " + String.join("; ", differing) + ". Nothing was touched",
          "put it back in Cockpit, then retry; it was: " + kept);
    }
  }

  private static JsonNode tree(String name, String text) {
    return WORDS.contains(name) ? TextNode.valueOf(text) : Values.tree(name, text);
  }

  private static JsonNode bound(JsonNode value) {
    return value instanceof ObjectNode object ? object.deepCopy().without(FREE) : value;
  }
}
