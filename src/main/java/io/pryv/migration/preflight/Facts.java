package io.pryv.migration.preflight;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Named outputs of one script, so that one command looks at many things. Each is printed in Base64
 * by the bash function {@code fact}: whatever a file holds, it can't be mistaken for another fact.
 */
record Facts(Map<String, String> values) {

  /** Defines {@code fact NAME}, which prints its standard input under that name. */
  static final String FUNCTION = "fact() { printf '%s\\t' \"$1\"; base64 -w0; echo; }\n";

  static Facts parse(String output) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String line : output.split("\n", -1)) {
      int tab = line.indexOf('\t');
      if (tab > 0) {
        byte[] value = Base64.getDecoder().decode(line.substring(tab + 1).strip());
        values.put(line.substring(0, tab), new String(value, StandardCharsets.UTF_8));
      }
    }
    return new Facts(values);
  }

  /** A fact without the blanks around it; empty when it is missing. */
  String get(String name) {
    return values.getOrDefault(name, "").strip();
  }

  /** A fact to the byte, if it was found at all. */
  Optional<String> raw(String name) {
    return Optional.ofNullable(values.get(name));
  }

  boolean has(String name) {
    return !get(name).isEmpty();
  }

  List<String> lines(String name) {
    return get(name).lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }

  /** A fact that is a whole number; -1 when it is not. */
  long number(String name) {
    String value = get(name);
    return value.matches("[0-9]{1,18}") ? Long.parseLong(value) : -1;
  }
}
