package io.pryv.migration.retirement;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.platform.Register;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Listens to source and its slaves until nobody asks them any more (procedure, "Finalize"). Silence
 * counts from when we began to listen, and only where a request of our own is heard: a proxy or DNS
 * that is dead, or a log that is not the one we read, is silent too.
 */
final class QuietWatch {

  private final Hands hands;
  private final List<Register> machines;
  private final String domain;
  private final DnsClient dns;
  private final HttpsProbe https;
  private final Duration period;

  /**
   * A watch.
   *
   * @param machines source and its slaves
   * @param period how long they must be silent
   */
  QuietWatch(
      Hands hands,
      List<Register> machines,
      String domain,
      DnsClient dns,
      HttpsProbe https,
      Duration period) {
    this.hands = hands;
    this.machines = machines;
    this.domain = domain;
    this.dns = dns;
    this.https = https;
    this.period = period;
  }

  /** The longer of what was chosen (24 h unless told otherwise) and the longest TTL. */
  static Duration period(Duration chosen, Duration longestTtl) {
    Duration wanted = chosen == null ? Duration.ofHours(24) : chosen;
    return wanted.compareTo(longestTtl) > 0 ? wanted : longestTtl;
  }

  /** What is kept from one look to the next. */
  record Ears(List<Ear> of) {

    Optional<Ear> on(String machine) {
      return of.stream().filter(ear -> ear.machine().equals(machine)).findFirst();
    }
  }

  /**
   * One look.
   *
   * @param deaf machines and logs in which our own request could not be read this time
   */
  record Look(Ears ears, List<String> deaf, Duration period) {

    boolean quiet() {
      return deaf.isEmpty() && shortest().compareTo(period) >= 0;
    }

    Duration shortest() {
      return ears.of().stream().map(Ear::silence).min(Comparator.naturalOrder()).orElseThrow();
    }

    /** By the clock of the machine that spoke last. */
    Instant quietSince() {
      return ears.of().stream().map(Ear::silentSince).max(Comparator.naturalOrder()).orElseThrow();
    }

    String markdown() {
      StringBuilder text = new StringBuilder("| machine | silent for | since |\n|---|---|---|\n");
      for (Ear ear : ears.of()) {
        text.append(
            "| %s | %d s of %d s | %s |\n"
                .formatted(
                    ear.machine(),
                    ear.silence().toSeconds(),
                    period.toSeconds(),
                    ear.silentSince().truncatedTo(ChronoUnit.SECONDS)));
      }
      text.append("\nLast heard:\n");
      for (Ear ear : ears.of()) {
        text.append("\n- ")
            .append(ear.machine())
            .append(": ")
            .append(ear.last().isEmpty() ? "nothing since we listen" : "`" + ear.last() + "`");
      }
      text.append('\n');
      for (String log : deaf) {
        text.append("\n- Our own request could not be read in ")
            .append(log)
            .append(": silence there proves nothing.\n");
      }
      return text.toString();
    }
  }

  /** Asks each machine something, then reads who else did since the last look. */
  Look look(Optional<Ears> before) {
    List<Ear> ears = new ArrayList<>();
    List<String> deaf = new ArrayList<>();
    for (Register register : machines) {
      String probe = speakTo(register);
      Optional<Ear> ear = before.flatMap(known -> known.on(register.machine().name()));
      // What it has logged so far is no news: the first look only finds out where the logs end.
      Listening heard = Listening.to(hands.on(register.machine()), register, domain, ear);
      ears.add(next(register.machine().name(), ear, heard, domain));
      if (ear.isEmpty()) {
        continue;
      }
      if (!register.layout().nginxContainer().isEmpty() && !heard.readsOwnHttp(probe)) {
        deaf.add(register.machine().name() + "'s access log" + heard.whyNotRead());
      }
      if (!heard.ownDns()) {
        deaf.add(register.machine().name() + "'s dns log");
      }
    }
    return new Look(new Ears(ears), deaf, period);
  }

  /** The path that it asks for. */
  private String speakTo(Register register) {
    String address = register.machine().publicAddress();
    String mark = Listening.MARK + "-" + UUID.randomUUID().toString().substring(0, 8);
    String path = "/" + mark + "/check_username";
    if (!register.layout().nginxContainer().isEmpty()) {
      https.get(address, 443, "reg." + domain, path, Map.of("User-Agent", Listening.MARK));
    }
    dns.ask(address, mark + "." + domain, "A");
    return path;
  }

  /** Goes on from what was heard. */
  static Ear next(String machine, Optional<Ear> before, Listening heard, String domain) {
    Instant silentSince = before.map(Ear::silentSince).orElse(heard.now());
    String last = before.map(Ear::last).orElse("");
    boolean moved =
        before
            .map(
                ear ->
                    !ear.dnsLogId().equals(heard.dnsLogId())
                        || (heard.accessLogSize() == 0
                            && ear.accessLogOffset() == 0
                            && !ear.accessLogId().equals(heard.accessLogId())))
            .orElse(false);
    if (before.isPresent() && (heard.lost() || moved || heard.unread() > 0)) {
      silentSince = heard.now();
      last =
          heard.unread() > 0
              ? heard.unread() + " more requests than we read at once"
              : "a part of a log was lost (rotated and compressed, or its container recreated)";
    }
    Optional<Request> latest =
        Stream.concat(
                heard.http().stream()
                    .map(line -> Request.ofAccessLog(line, heard.format(), heard.now())),
                heard.dns().stream().map(line -> Request.ofDnsLog(line, domain, heard.now())))
            .flatMap(Optional::stream)
            .max(Comparator.comparing(Request::at));
    if (latest.isPresent() && !latest.get().at().isBefore(silentSince)) {
      silentSince = latest.get().at();
      last =
          "%s: %s%s"
              .formatted(
                  silentSince,
                  latest.get().what(),
                  latest.get().who().isEmpty() ? " (DNS)" : " from " + latest.get().who());
    }
    return new Ear(
        machine,
        heard.accessLogId(),
        heard.accessLogSize(),
        heard.dnsLogId(),
        heard.now(),
        silentSince,
        last);
  }
}
