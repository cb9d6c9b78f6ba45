package io.pryv.migration.services;

import java.util.List;
import java.util.regex.Pattern;

/** What a service's log says of its health. */
final class ServiceLog {

  /**
   * Lines that a register or DNS server writes when it dies: a stack trace, a refused write, a port
   * that is taken. A connection refused while Redis still starts is not one of them.
   */
  private static final Pattern CRASH =
      Pattern.compile(
          "(?i)uncaught|unhandled|\\bfatal\\b|READONLY|NOREPLICAS|EADDRINUSE|out ?of ?memory"
              + "|ended with status|^Exception in thread|^\\s+at \\S.*\\(.*:\\d+.*\\)\\s*$");

  private ServiceLog() {}

  /** The lines that tell of a crash, at most ten. */
  static List<String> crashes(String log) {
    return log.lines().filter(line -> CRASH.matcher(line).find()).limit(10).toList();
  }
}
