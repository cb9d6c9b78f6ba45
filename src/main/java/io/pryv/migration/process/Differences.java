package io.pryv.migration.process;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which properties of two values differ, for people. */
final class Differences {

  private static final int LONGEST_VALUE = 200;

  private Differences() {}

  /** One line for each property that differs: {@code dest.host: was → is}. */
  static List<String> between(JsonNode was, JsonNode is) {
    List<String> differing = new ArrayList<>();
    collect("", was, is, differing);
    return differing;
  }

  private static void collect(String path, JsonNode was, JsonNode is, List<String> differing) {
    if (was.equals(is)) {
      return;
    }
    if (was.isObject() && is.isObject()) {
      Set<String> names = new TreeSet<>();
      was.fieldNames().forEachRemaining(names::add);
      is.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        collect(
            path.isEmpty() ? name : path + "." + name, was.path(name), is.path(name), differing);
      }
    } else if (was.isArray() && is.isArray() && was.size() == is.size()) {
      for (int i = 0; i < was.size(); i++) {
        collect(path + "[" + i + "]", was.get(i), is.get(i), differing);
      }
    } else {
      differing.add((path.isEmpty() ? "all" : path) + ": " + shown(was) + " → " + shown(is));
    }
  }

  private static String shown(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return "none";
    }
    String text = value.isTextual() ? value.asText() : value.toString();
    return text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE) + "…";
  }
}
