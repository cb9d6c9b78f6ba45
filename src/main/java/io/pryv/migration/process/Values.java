package io.pryv.migration.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.pryv.migration.platform.StepFailure;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.camunda.bpm.engine.variable.Variables;
import org.camunda.bpm.engine.variable.value.TypedValue;

/**
 * How values become process variables: what gateways, timers and forms read stays what it is
 * (boolean, number, text; an instant as ISO 8601), everything else is JSON. The engine keeps at
 * most 4,000 characters of text; what is longer is kept as bytes.
 */
final class Values {

  private static final int LONGEST_TEXT = 4000;
  private static final int LONGEST_FOUND = 500;
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private Values() {}

  static TypedValue toVariable(Object value) {
    if (value instanceof Boolean flag) {
      return Variables.booleanValue(flag);
    }
    if (value instanceof Integer number) {
      return Variables.integerValue(number);
    }
    if (value instanceof Long number) {
      return Variables.longValue(number);
    }
    if (value instanceof Double number) {
      return Variables.doubleValue(number);
    }
    String text =
        value instanceof String || value instanceof Instant || value instanceof Enum<?>
            ? value.toString()
            : json(value);
    return text.length() <= LONGEST_TEXT
        ? Variables.stringValue(text)
        : Variables.byteArrayValue(text.getBytes(StandardCharsets.UTF_8));
  }

  static <T> T fromVariable(String name, Object variable, Class<T> type) {
    if (type.isInstance(variable) && type != Object.class) {
      return type.cast(variable);
    }
    String text = text(variable);
    if (type == String.class) {
      return type.cast(text);
    }
    try {
      if (type == Instant.class) {
        return type.cast(Instant.parse(text));
      }
      return type.isEnum()
          ? JSON.convertValue(text, type)
          : JSON.readValue(variable instanceof Number ? variable.toString() : text, type);
    } catch (JsonProcessingException | RuntimeException e) {
      throw nonsense(name, type.getSimpleName(), text, e);
    }
  }

  /** A variable as text, whichever way it is kept. */
  static String text(Object variable) {
    return variable instanceof byte[] bytes
        ? new String(bytes, StandardCharsets.UTF_8)
        : String.valueOf(variable);
  }

  /** A variable's text as JSON. */
  static JsonNode tree(String name, String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw nonsense(name, "JSON text", text, e);
    }
  }

  /** A value as JSON, as its text would be read: else a long number differs from itself. */
  static JsonNode tree(Object value) {
    return tree("of this program", json(value));
  }

  private static StepFailure nonsense(String name, String expected, String found, Exception cause) {
    return new StepFailure(
        "this program",
        "variable " + name,
        "a value that reads as " + expected,
        found.length() > LONGEST_FOUND ? found.substring(0, LONGEST_FOUND) + "…" : found,
        "somebody has edited it: put it right in Cockpit (or remove it: the step that puts it"
            + " writes it anew), then retry",
        cause);
  }

  static String prettyJson(Object value) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(value.getClass() + " has no JSON form", e);
    }
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(value.getClass() + " has no JSON form", e);
    }
  }
}
