package io.pryv.migration.retirement;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.machine.AccessLogFormat;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTest {

  private static final Instant NOW = Instant.parse("2026-11-22T15:30:00Z");

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "198.51.100.7 - - [22/Nov/2026:15:04:05 +0000] \"GET /ariane/server HTTP/1.1\" 200 41 \"-\" \"node-fetch/1.0\"~198.51.100.7~GET /ariane/server~2026-11-22T15:04:05.999Z",
        "198.51.100.7 - bob [22/Nov/2026:16:04:05 +0100] \"POST /user HTTP/1.1\" 201 60 \"https://x/?a=[1]\" \"Mozilla/5.0 (X11) \\x22q\\x22\"~198.51.100.7~POST /user~2026-11-22T15:04:05.999Z",
        "2001:db8::7 - - [22/Nov/2026:10:04:05 -0500] \"OPTIONS /access HTTP/2.0\" 204 0 \"-\" \"-\"~2001:db8::7~OPTIONS /access~2026-11-22T15:04:05.999Z",
        "127.0.0.1 - - [22/Nov/2026:15:04:05 +0000] \"HEAD / HTTP/1.0\" 404 0~127.0.0.1~HEAD /~2026-11-22T15:04:05.999Z",
        "198.51.100.7 - - [22/Nov/2026:15:04:05 +0000] \"GET /a\\\"b/server HTTP/1.1\" 200 41 0.004~198.51.100.7~GET /a\\\"b/server~2026-11-22T15:04:05.999Z"
      })
  void readsWhoAskedWhatAndWhen(String line, String who, String what, Instant at) {
    assertThat(Request.ofAccessLog(line, AccessLogFormat.combined(), NOW))
        .contains(new Request(at, who, what));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "203.0.113.5 - - [22/Nov/2026:15:04:05 +0000] \"\\x16\\x03\\x01\\x00\\xEE\" 400 157 \"-\" \"-\"",
        "203.0.113.5 - - [22/Nov/2026:15:04:05 +0000] \"\" 400 0 \"-\" \"-\"",
        "203.0.113.5 - - [22/Nov/2026:15:04:05 +0000] \"-\" 408 0 \"-\" \"-\"",
        "203.0.113.5 - - [22/Nov/2026:15:04:05 +0000] \"SSH-2.0-Go\" 400 157 \"-\" \"-\"",
        "",
        "   "
      })
  void whatIsNoHttpRequestIsNoClient(String line) {
    assertThat(Request.ofAccessLog(line, AccessLogFormat.combined(), NOW)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"time\":1732287845,\"uri\":\"/ariane/server\"}",
        "GET /ariane/server 200",
        "198.51.100.7 - - [yesterday] \"GET /ariane/server HTTP/1.1\" 200 41"
      })
  void aLineOfAnotherShapeCountsAsARequestMadeNow(String line) {
    assertThat(Request.ofAccessLog(line, AccessLogFormat.combined(), NOW))
        .get()
        .extracting(Request::at)
        .isEqualTo(NOW);
  }

  @Test
  void aRequestIsNeverInTheFuture() {
    String line = "198.51.100.7 - - [22/Nov/2026:15:30:00 +0000] \"GET / HTTP/1.1\" 200 4";
    assertThat(Request.ofAccessLog(line, AccessLogFormat.combined(), NOW))
        .get()
        .extracting(Request::at)
        .isEqualTo(NOW);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-22T15:04:05.123456789Z DNS: ariane.pryv.lab, ariane.pryv.lab",
    "2026-11-22T15:04:05.123456789Z DNS: ARIANE.Pryv.Lab., ariane.pryv.lab",
    "2026-11-22T15:04:05.123456789Z DNS: pryv.lab, pryv.lab",
    "2026-11-22T15:04:05.123456789Z 2026-11-22T15:04:05.120Z - info: [dns] DNS: reg.pryv.lab, reg.pryv.lab",
    "2026-11-22T15:04:05.123456789Z DNS: a.b.pryv.lab  , a.b.pryv.lab"
  })
  void readsTheNameOfADnsQuery(String line, String name) {
    assertThat(Request.ofDnsLog(line, "pryv.lab", NOW))
        .contains(new Request(Instant.parse("2026-11-22T15:04:05.123456789Z"), "", name));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-11-22T15:04:05.123456789Z DNS: version.bind",
        "2026-11-22T15:04:05.123456789Z DNS: notpryv.lab",
        "2026-11-22T15:04:05.123456789Z DNS: pryv.lab.attacker.example",
        "2026-11-22T15:04:05.123456789Z DNS server ready",
        "2026-11-22T15:04:05.123456789Z started, listening on 5353",
        ""
      })
  void whatIsNotAskedOfThePlatformIsNoClient(String line) {
    assertThat(Request.ofDnsLog(line, "pryv.lab", NOW)).isEmpty();
  }
}
