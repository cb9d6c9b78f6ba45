package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceLogTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ReplyError: READONLY You can't write against a read only replica.",
        "NOREPLICAS Not enough good replicas to write.",
        "Error: listen EADDRINUSE: address already in use 0.0.0.0:9000",
        "    at Object.exports._errnoException (util.js:1020:11)",
        "\tat io.pryv.lab.standin.RegisterServer.start(RegisterServer.java:71)",
        "run-service: register ended with status 1, starting it again",
        "FATAL ERROR: CALL_AND_RETRY_LAST Allocation failed - JavaScript heap out of memory",
        "[error] Uncaught exception: TypeError: Cannot read property 'length' of null"
      })
  void aCrashIsSeen(String line) {
    assertThat(ServiceLog.crashes("starting\n" + line + "\nstarting\n")).containsExactly(line);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "register server listening on port 9000",
        "DNS: reg.pryv.lab",
        "DNS: error.pryv.lab",
        "redis connection: connect ECONNREFUSED 172.18.0.3:6379, retrying",
        "2019-06-04T12:00:00.000Z - info: [database] connected to redis:6379"
      })
  void whatAHealthyServiceSaysIsNotACrash(String line) {
    assertThat(ServiceLog.crashes(line)).isEmpty();
  }

  @Test
  void tenLinesAreEnough() {
    assertThat(ServiceLog.crashes("READONLY\n".repeat(50))).hasSize(10);
  }
}
