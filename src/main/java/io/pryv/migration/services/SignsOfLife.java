package io.pryv.migration.services;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.platform.Register;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.services.Readiness.Check;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What shows that a register serves, seen from outside: {@code docker ps} says "Up" of services
 * that crash and come back for ever (field guide 3.12). The user asked for is the fixture that
 * every register writes at its start, so that an answer has passed through Redis.
 */
final class SignsOfLife {

  private static final String FIXTURE = KeyComparison.FIXTURE_USER;

  /** A query to a server that is about to come up is lost: the next one must not wait for it. */
  private static final Duration PATIENCE = Duration.ofMillis(250);

  private static final Pattern RESERVED = Pattern.compile("\"reserved\"\\s*:\\s*true");

  private final String domain;
  private final HttpsProbe https;
  private final DnsClient dns;
  private final RedisDoor redis;

  SignsOfLife(String domain, HttpsProbe https, DnsClient dns, RedisDoor redis) {
    this.domain = domain;
    this.https = https;
    this.dns = dns;
    this.redis = redis;
  }

  /** HTTPS, DNS and Redis. */
  List<Check> of(Register register) {
    return List.of(https(register), dns(register), redis(register));
  }

  /** The vendor's health check answers rightly on the public address. */
  Check https(Register register) {
    String address = register.machine().publicAddress();
    return Readiness.check(
        "HTTPS on " + address,
        () -> {
          HttpsProbe.Answer answer =
              https.get(address, 443, "reg." + domain, "/" + FIXTURE + "/check_username", Map.of());
          return answer.status() == 200 && RESERVED.matcher(answer.body()).find()
              ? Optional.empty()
              : Optional.of("status " + answer.status() + ", " + shortened(answer.body()));
        });
  }

  /** A user's name has records: an error of Redis gives none, with code NOERROR. */
  Check dns(Register register) {
    String address = register.machine().publicAddress();
    return Readiness.check(
        "DNS on " + address,
        () -> {
          DnsClient.Answer answer = dns.askOnce(address, FIXTURE + "." + domain, "A", PATIENCE);
          return answer.code().equals("NOERROR") && !answer.empty()
              ? Optional.empty()
              : Optional.of(answer.code() + " with " + answer.records().size() + " records");
        });
  }

  /** Redis has loaded its data and is nobody's replica. */
  Check redis(Register register) {
    return Readiness.check(
        "Redis on " + register.machine().name(),
        () -> {
          try (RedisServer server = redis.open(register)) {
            String loading = server.info("persistence").get("loading");
            String role = server.info("replication").get("role");
            return "0".equals(loading) && "master".equals(role)
                ? Optional.empty()
                : Optional.of("loading:" + loading + " role:" + role);
          }
        });
  }

  private static String shortened(String body) {
    String line = body.strip().replaceAll("\\s+", " ");
    return line.length() <= 120 ? line : line.substring(0, 120) + "…";
  }
}
