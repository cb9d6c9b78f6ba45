package io.pryv.lab.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What became of a cell.
 *
 * @param cell its id
 * @param outcome where the migration ended, in a few words
 * @param problems what should not be; empty when the cell holds
 * @param httpMs what clients missed over HTTPS, in the windows that overlap the fault's time
 * @param dnsMs the same for DNS, of source and of the resolver, whichever is longer
 * @param writesMs the same for registrations
 * @param recoveryMs from the fault until the step was through or source was back, clients served
 * @param retries how often retry had to be pressed
 * @param together the other cells of the same migration
 * @param date of the run
 * @param commit of the program that was run
 */
record Result(
    String cell,
    String outcome,
    List<String> problems,
    long httpMs,
    long dnsMs,
    long writesMs,
    long recoveryMs,
    int retries,
    List<String> together,
    String date,
    String commit) {

  private static final ObjectMapper JSON = new ObjectMapper();

  boolean holds() {
    return problems.isEmpty();
  }

  /** Results as a file holds them, in that order. */
  static String toJson(Collection<Result> results) {
    ArrayNode all = JSON.createArrayNode();
    results.forEach(result -> all.add(result.toNode()));
    return all.toPrettyString() + "\n";
  }

  /** By cell. */
  static Map<String, Result> fromJson(JsonNode file) {
    Map<String, Result> results = new LinkedHashMap<>();
    for (JsonNode node : file) {
      Result result = fromNode(node);
      results.put(result.cell(), result);
    }
    return results;
  }

  private ObjectNode toNode() {
    ObjectNode node = JSON.createObjectNode();
    node.put("cell", cell);
    node.put("outcome", outcome);
    problems.forEach(node.putArray("problems")::add);
    node.put("httpMs", httpMs).put("dnsMs", dnsMs).put("writesMs", writesMs);
    node.put("recoveryMs", recoveryMs).put("retries", retries);
    together.forEach(node.putArray("together")::add);
    return node.put("date", date).put("commit", commit);
  }

  private static Result fromNode(JsonNode node) {
    return new Result(
        node.get("cell").asText(),
        node.get("outcome").asText(),
        texts(node.get("problems")),
        node.get("httpMs").asLong(),
        node.get("dnsMs").asLong(),
        node.get("writesMs").asLong(),
        node.get("recoveryMs").asLong(),
        node.get("retries").asInt(),
        texts(node.get("together")),
        node.get("date").asText(),
        node.get("commit").asText());
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.asText()));
    return List.copyOf(texts);
  }
}
