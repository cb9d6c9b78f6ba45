package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Formats as people write them, and a line that nginx made of each. */
class AccessLogFormatTest {

  private static final Instant AT = Instant.parse("2026-11-22T15:04:05Z");

  private static String configuration(String format) {
    return """
    # configuration file /app/conf/nginx.conf:
    events {}
    http {
      log_format main %s;
      server { listen 1; access_log /app/log/mail.log combined; }
      server { listen 2; access_log /app/log/reg.access.log main; }
    }
    """
        .formatted(format);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "'$time_iso8601 $remote_addr \"$request\" $status'~2026-11-22T16:04:05+01:00 198.51.100.7 \"POST /user HTTP/1.1\" 503",
        "'$msec $status $request_method $request_uri $remote_addr'~1795359845.123 503 POST /user 198.51.100.7",
        "'$remote_addr [$time_local] $request_method $uri $status'~198.51.100.7 [22/Nov/2026:15:04:05 +0000] POST /user 503",
        "'$time_local $remote_addr $request_method $scheme://$host$request_uri $status'~22/Nov/2026:15:04:05 +0000 198.51.100.7 POST https://reg.pryv.lab/user 503",
        "'$remote_addr $host \"$request_method $uri$is_args$args\" $status [$time_local]'~198.51.100.7 reg.pryv.lab \"POST /user-\" 503 [22/Nov/2026:15:04:05 +0000]",
        "'\"$host\" \"$request\" ' '$status $remote_addr [$time_local] ' '\"$http_user_agent\"'~\"reg.pryv.lab\" \"POST /user HTTP/2.0\" 503 198.51.100.7 [22/Nov/2026:15:04:05 +0000] \"[x] \\\"GET / HTTP/1.1\\\" 200\"",
        "escape=json '{\"ua\":\"$http_user_agent\",\"time\":\"$time_iso8601\",\"remote\":\"$remote_addr\",\"request\":\"$request\",\"status\":$status}'~{\"ua\":\"a \\\"time\\\":\\\"b\",\"time\":\"2026-11-22T15:04:05+00:00\",\"remote\":\"198.51.100.7\",\"request\":\"POST /user HTTP/1.1\",\"status\":503}",
        "escape=json '{\"uri\":\"$request_uri\",\"status\":\"$status\",\"method\":\"$request_method\",\"client\":\"$http_x_forwarded_for\",\"ts\":$msec}'~{\"uri\":\"/user\",\"status\":\"503\",\"method\":\"POST\",\"client\":\"198.51.100.7\",\"ts\":1795359845.123}",
        "'${remote_addr}|${time_local}|${request}|${status}|$body_bytes_sent'~198.51.100.7|22/Nov/2026:15:04:05 +0000|POST /user HTTP/1.1|503|0",
        "'$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" $request_time'~198.51.100.7 - a b c [22/Nov/2026:15:04:05 +0000] \"POST /user HTTP/1.1\" 503 0 \"-\" 0.001"
      })
  void readsALineOfEachFormat(String format, String line) {
    AccessLogFormat main =
        AccessLogFormat.of(configuration(format), "/srv/log/nginx/reg.access.log");

    assertThat(main.lacks()).isEmpty();
    assertThat(main.read(line))
        .contains(
            new AccessLogFormat.Logged(Optional.of(AT), "198.51.100.7", "POST", "/user", 503));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "'$remote_addr \"$request\" $status'~the time",
        "'[$time_local] $request_method $status'~the request",
        "'[$time_local] $uri $status'~the request",
        "'[$time_local] \"$request\"'~the status"
      })
  void saysWhatAFormatDoesNotTell(String format, String lacks) {
    AccessLogFormat main = AccessLogFormat.of(configuration(format), "/l/reg.access.log");
    assertThat(main.lacks()).containsExactly(lacks);
    assertThat(main.read("198.51.100.7 [22/Nov/2026:15:04:05 +0000] \"GET / HTTP/1.1\" 200"))
        .isEmpty();
  }

  @Test
  void aLogOfNoNamedFormatIsNginxsOwn() {
    String text = configuration("'$status'");
    assertThat(AccessLogFormat.of(text, "/l/mail.log").text()).startsWith("$remote_addr - ");
    assertThat(AccessLogFormat.of(text, "/l/unknown.log").text()).startsWith("$remote_addr - ");
    assertThat(AccessLogFormat.of("", "").text()).startsWith("$remote_addr - ");
    assertThat(AccessLogFormat.of("http { broken", "/l/x").text()).startsWith("$remote_addr - ");
  }

  @Test
  void theContainersLogHasTheFormatOfWhatGoesToItsOutput() {
    String text =
        "http { log_format short '$msec $status $request'; access_log /dev/stdout short; }";
    assertThat(AccessLogFormat.of(text, "").text()).isEqualTo("$msec $status $request");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\x16\\x03\\x01\\x00", "", "-", "SSH-2.0-Go"})
  void whatIsNoHttpRequestHasNoMethod(String request) {
    assertThat(
            AccessLogFormat.combined()
                .read(
                    "203.0.113.5 - - [22/Nov/2026:15:04:05 +0000] \""
                        + request
                        + "\" 400 157 \"-\""))
        .get()
        .extracting(AccessLogFormat.Logged::method)
        .isEqualTo("");
  }

  @Test
  void aLongLineThatSomebodyMadeUpCostsNothing() {
    AccessLogFormat main =
        AccessLogFormat.of(
            configuration("'$http_referer $http_cookie $host $uri $request_method $status $msec'"),
            "/l/reg.access.log");
    long began = System.nanoTime();
    assertThat(main.read("a ".repeat(100_000))).isEmpty();
    assertThat(System.nanoTime() - began).isLessThan(5_000_000_000L);
  }
}
