package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.lab.standin.FreePort;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the real nginx writes down in each format, read by what it tells of its configuration. */
class AccessLogOfNginxTest {

  private static final List<String> FORMATS =
      List.of(
          "'$time_iso8601 $remote_addr \"$request\" $status'",
          "'$msec $status $request_method $request_uri $remote_addr'",
          "'$time_local $request_method $scheme://$host$request_uri $status'",
          "'\"$host\" \"$request\" $status [$time_local] ' '\"$http_user_agent\"'",
          "'$host \"$request_method $uri$is_args$args\" $status [$time_local]'",
          "escape=json '{\"ua\":\"$http_user_agent\",\"t\":\"$time_iso8601\","
              + "\"request\":\"$request\",\"status\":$status}'",
          "escape=json '{\"uri\":\"$request_uri\",\"m\":\"$request_method\","
              + "\"s\":\"$status\",\"ts\":$msec}'");

  @TempDir Path directory;

  @Test
  void eachFormatIsReadBackWithMethodNameAndTime() throws Exception {
    int port = FreePort.next();
    Path file = directory.resolve("nginx.conf");
    Files.writeString(file, configuration(port));
    Process nginx =
        new ProcessBuilder("nginx", "-c", file.toString(), "-p", directory.toString())
            .redirectErrorStream(true)
            .start();
    try {
      HttpRequest asked =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/wactiv/server"))
              .header("User-Agent", "a \"quoted\" \\ [agent] GET /other HTTP/1.1\" 200")
              .build();
      Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
      Awaitility.await()
          .ignoreExceptions()
          .until(
              () ->
                  HttpClient.newHttpClient().send(asked, BodyHandlers.ofString()).statusCode()
                      == 503);
      String dump = dump(file);
      for (int i = 0; i <= FORMATS.size(); i++) {
        Path log = directory.resolve(i + ".log");
        Awaitility.await().until(() -> !Files.readString(log).isBlank());
        AccessLogFormat format = AccessLogFormat.of(dump, log.toString());
        AccessLogFormat.Logged read =
            format.read(Files.readAllLines(log).get(0)).orElseThrow(AssertionError::new);

        assertThat(read.method()).as(format.text()).isEqualTo("GET");
        assertThat(read.target()).as(format.text()).isEqualTo("/wactiv/server");
        assertThat(read.status()).as(format.text()).isEqualTo(503);
        assertThat(read.at().orElseThrow()).as(format.text()).isBetween(before, Instant.now());
      }
    } finally {
      nginx.destroy();
      nginx.waitFor();
    }
  }

  private String configuration(int port) {
    StringBuilder text =
        new StringBuilder("daemon off; master_process off; pid pid; error_log error.log;\n");
    text.append("events {}\nhttp {\n");
    for (String part : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
      text.append("  ").append(part).append("_temp_path ").append(part).append(";\n");
    }
    for (int i = 0; i < FORMATS.size(); i++) {
      text.append("  log_format own%d %s;%n".formatted(i, FORMATS.get(i)));
    }
    text.append("  server {\n    listen 127.0.0.1:%d;%n    return 503;%n".formatted(port));
    for (int i = 0; i < FORMATS.size(); i++) {
      text.append("    access_log %s/%d.log own%2$d;%n".formatted(directory, i));
    }
    // In the format that nobody names.
    text.append("    access_log %s/%d.log;%n".formatted(directory, FORMATS.size()));
    return text.append("  }\n}\n").toString();
  }

  private String dump(Path file) throws Exception {
    Process told =
        new ProcessBuilder("nginx", "-T", "-c", file.toString(), "-p", directory.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return new String(told.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
