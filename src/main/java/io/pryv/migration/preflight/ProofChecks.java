package io.pryv.migration.preflight;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyComparison;
import io.pryv.migration.redis.WriteProof;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Each question that a later step proves something with, asked of source, whose answer is known: a
 * proof that this register can not satisfy would keep writes refused for as long as the step is
 * tried.
 */
final class ProofChecks {

  private static final String FIXTURE = KeyComparison.FIXTURE_USER;
  private static final Pattern RESERVED = Pattern.compile("\"reserved\"\\s*:\\s*true");

  private final Platform platform;
  private final HttpsProbe https;
  private final List<Finding> findings = new ArrayList<>();

  private ProofChecks(Platform platform, HttpsProbe https) {
    this.platform = platform;
    this.https = https;
  }

  /**
   * Asks them.
   *
   * @param cores where a few users of source live, by their names
   */
  static List<Finding> of(
      Platform platform, HttpsProbe https, DnsClient dns, Map<String, String> cores) {
    ProofChecks checks = new ProofChecks(platform, https);
    cores.forEach(checks::server);
    checks.healthCheck();
    checks.fixtureInDns(dns);
    return checks.findings;
  }

  /** What the switch of the proxy is proven with. */
  private void server(String user, String core) {
    found(
        "GET /" + user + "/server",
        "a redirection to " + core + ", as its Redis says",
        WriteProof.question(
            https, platform.source().publicAddress(), platform.domain(), user, core));
  }

  /** What shows that a register serves. */
  private void healthCheck() {
    String found;
    try {
      HttpsProbe.Answer answer =
          https.get(
              platform.source().publicAddress(),
              443,
              "reg." + platform.domain(),
              "/" + FIXTURE + "/check_username",
              Map.of());
      found =
          answer.status() == 200 && RESERVED.matcher(answer.body()).find()
              ? ""
              : "status " + answer.status() + ": " + answer.body().strip();
    } catch (StepFailure noAnswer) {
      found = noAnswer.found();
    }
    found("GET /" + FIXTURE + "/check_username", "status 200 and \"reserved\":true", found);
  }

  private void fixtureInDns(DnsClient dns) {
    String name = FIXTURE + "." + platform.domain();
    String found;
    try {
      DnsClient.Answer answer = dns.ask(platform.source().publicAddress(), name, "A");
      found = answer.empty() ? answer.code() + " without records" : "";
    } catch (StepFailure noAnswer) {
      found = noAnswer.found();
    }
    found("DNS A " + name, "records: the register writes this user at each start", found);
  }

  private void found(String question, String expected, String instead) {
    String check = "proof: " + question;
    findings.add(
        instead.isEmpty()
            ? Finding.pass("source", check, expected)
            : Finding.stop(
                "source",
                check,
                expected,
                instead,
                "a later step proves its work with this question, and would wait for ever: see why"
                    + " this register answers otherwise"));
  }
}
