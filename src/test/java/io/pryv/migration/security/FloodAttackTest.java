package io.pryv.migration.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.process.AttackedProgram;
import io.pryv.migration.security.RawHttp.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Too much, too slow, too deep: the program goes on answering those who ask properly. */
class FloodAttackTest extends Attack {

  private static final int MEGABYTE = 1024 * 1024;

  /** As many as blocked every page once. */
  private static final int DRIPPING_CLIENTS = 230;

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long MOST_KILOBYTES = 600 * 1024L;

  @Test
  void aBodyBeyondAMegabyteIsRefusedWhoeverSendsItAndHowever() throws Exception {
    byte[] body = new byte[20 * MEGABYTE];
    Arrays.fill(body, (byte) 'a');
    ExecutorService together = Executors.newFixedThreadPool(6);
    try {
      List<Future<Answer>> answers = new ArrayList<>();
      for (String path :
          List.of(
              "/login",
              "/camunda/api/admin/auth/user/default/login/cockpit",
              "/engine-rest/task",
              ENGINE + "/task",
              "/api/migrations/x/rollback",
              "/engine-rest/deployment/create")) {
        for (String user : new String[] {null, AttackedProgram.OPERATOR}) {
          for (String type :
              List.of(
                  "application/json",
                  "application/x-www-form-urlencoded",
                  "multipart/form-data; boundary=b")) {
            answers.add(together.submit(() -> as(user, "POST", path).body(type, body).send()));
          }
        }
      }
      for (Future<Answer> answer : answers) {
        // 0: it hung up in the middle, which ends it as well.
        assertThat(answer.get().status()).isIn(0, 302, 400, 401, 403, 413);
      }
    } finally {
      together.shutdownNow();
    }
    stillWell();
  }

  @Test
  void aBodyThatDoesNotTellItsLengthIsCutOffAsWell() {
    byte[] part = new byte[64 * 1024];
    Arrays.fill(part, (byte) ' ');
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    for (int sent = 0; sent < 4 * MEGABYTE; sent += part.length) {
      chunks.writeBytes(
          (Integer.toHexString(part.length) + "\r\n").getBytes(StandardCharsets.UTF_8));
      chunks.writeBytes(part);
      chunks.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    }
    chunks.writeBytes("2\r\n{}\r\n0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    for (String path : List.of("/login", "/engine-rest/task", ENGINE + "/task")) {
      Answer answer =
          as(AttackedProgram.OPERATOR, "POST", path)
              .header("Content-Type", "application/json")
              .header("Transfer-Encoding", "chunked")
              .raw(chunks.toByteArray())
              .send();
      assertThat(answer.succeeded()).as(path + " " + answer.status()).isFalse();
    }
    stillWell();
  }

  @Test
  void headersAndNestingWithoutEndAreRefused() {
    assertThat(http.request("GET", "/login").header("X", "a".repeat(200_000)).send().status())
        .isIn(0, 400, 431);
    assertThat(http.request("GET", "/login?" + "a".repeat(200_000)).send().status())
        .isIn(0, 400, 414);
    String manyParameters =
        String.join("&", IntStream.range(0, 100_000).mapToObj(n -> "a" + n + "=").toList());
    assertThat(
            as(AttackedProgram.OPERATOR, "POST", "/login")
                .body(
                    "application/x-www-form-urlencoded",
                    manyParameters.getBytes(StandardCharsets.UTF_8))
                .send()
                .status())
        .isIn(302, 400, 403, 413);
    String deep = "[".repeat(400_000);
    for (String path :
        List.of("/engine-rest/task", ENGINE + "/task", ENGINE + "/process-instance")) {
      assertThat(
              as(AttackedProgram.OPERATOR, "POST", path)
                  .json("{\"orQueries\":" + deep)
                  .send()
                  .succeeded())
          .as(path)
          .isFalse();
    }
    stillWell();
  }

  /** Each sends a byte now and then, and never comes to an end. */
  @Test
  void clientsThatDripDoNotKeepTheOthersOut() throws Exception {
    stillWell();
    RawHttp elsewhere = new RawHttp(program.port(), 77);
    List<Socket> dripping = new ArrayList<>();
    try {
      for (int client = 0; client < DRIPPING_CLIENTS; client++) {
        Socket socket = elsewhere.connect();
        dripping.add(socket);
        socket
            .getOutputStream()
            .write(
                (client % 2 == 0
                        ? "POST /login HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type:"
                            + " application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nu"
                        : "GET /login HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Slow: ")
                    .formatted(program.port())
                    .getBytes(StandardCharsets.UTF_8));
      }
      for (int round = 0; round < 5; round++) {
        for (Socket socket : dripping) {
          drip(socket);
        }
        stillWell();
      }
    } finally {
      for (Socket socket : dripping) {
        socket.close();
      }
    }
  }

  /** They slow down where they come from; whoever knows the password comes in. */
  @Test
  void manyWrongPasswordsLockNobodyOutAndAreNotLogged() {
    RawHttp guesser = new RawHttp(program.port(), 66);
    List<Integer> answers = new ArrayList<>();
    Instant until = Instant.now().plusSeconds(20);
    for (int guess = 0; guess < 60 && Instant.now().isBefore(until); guess++) {
      answers.add(
          guesser
              .request("GET", "/api/migrations")
              .as(AttackedProgram.ADMIN, "wrong-guess-" + guess)
              .send()
              .status());
    }
    assertThat(answers).allMatch(status -> status == 401 || status == 429);
    assertThat(answers.size() < 60 || answers.contains(429)).as("slowed down").isTrue();
    Answer right =
        http.request("GET", "/api/migrations")
            .as(AttackedProgram.ADMIN, AttackedProgram.PASSWORD)
            .send();
    assertThat(right.status()).isEqualTo(200);
    assertThat(program.said())
        .doesNotContain("wrong-guess")
        .doesNotContain(AttackedProgram.PASSWORD);
  }

  /** A page, our health and a call of the engine are answered soon, and memory is where it was. */
  private void stillWell() {
    Instant asked = Instant.now();
    assertThat(http.request("GET", "/actuator/health").send().status()).isEqualTo(200);
    assertThat(http.request("GET", "/login").send().status()).isEqualTo(200);
    assertThat(as(AttackedProgram.OPERATOR, "GET", "/engine-rest/task").send().status())
        .isEqualTo(200);
    assertThat(Duration.between(asked, Instant.now())).isLessThan(PATIENCE);
    assertThat(kilobytes()).isLessThan(MOST_KILOBYTES);
  }

  private long kilobytes() {
    try {
      return Files.readAllLines(Path.of("/proc/" + program.pid() + "/status")).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void drip(Socket socket) {
    try {
      socket.getOutputStream().write('a');
    } catch (IOException hungUp) {
      // That is one of the right answers.
    }
  }
}
