package io.pryv.lab.standin;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;

/** How every stand-in's main begins and, when it cannot serve, ends. */
final class StandIn {
  /** Reads configurations; fields it does not know are somebody else's. */
  static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private StandIn() {}

  /** Something that starts from its configuration. */
  @FunctionalInterface
  interface Starter<C> {
    void start(C config) throws IOException;
  }

  /** Reads the one argument and starts; any failure ends the process with exit code 1. */
  static <C> void run(String[] arguments, Class<C> config, Starter<C> starter) {
    if (arguments.length != 1) {
      System.err.println("One argument is needed: the path of a JSON configuration");
      System.exit(2);
    }
    // dnsjava looks for a logger and complains that there is none.
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    try {
      starter.start(JSON.readValue(Path.of(arguments[0]).toFile(), config));
    } catch (IOException | RuntimeException e) {
      // The vendor's services crash here for ever on a replica; their first process restarts them.
      RegisterLog.error("DB not available:  " + e.getMessage());
      e.printStackTrace();
      System.exit(1);
    }
  }
}
