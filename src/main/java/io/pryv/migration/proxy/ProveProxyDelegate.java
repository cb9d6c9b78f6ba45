package io.pryv.migration.proxy;

import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.springframework.stereotype.Component;

@Component("proveProxy")
class ProveProxyDelegate extends StepDelegate {

  private final HttpsProbe https;

  ProveProxyDelegate(StepContexts contexts, HttpsProbe https) {
    super(contexts);
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    String line =
        new ProxyProof(
                step.source().machine(),
                step.dest(),
                step.hands().on(step.dest().machine()),
                https,
                step.platform().domain())
            .prove("register-migration-" + UUID.randomUUID());
    step.evidence("proveProxy", "In dest's access log:\n\n```\n" + line + "\n```\n");
    Optional<Long> window =
        step.find("coldWindowStartedAt", Instant.class).map(began -> windowMs(step, began));
    step.say(
        "a request to source's address was answered by dest"
            + window
                .map(millis -> "; writes were taken again within " + millis + " ms")
                .orElse(""));
  }

  /** Of the first proof: a later one only finds it again. */
  private static long windowMs(StepContext step, Instant began) {
    return step.find("coldWindowMs", Long.class)
        .orElseGet(
            () -> {
              long millis = Duration.between(began, Instant.now()).toMillis();
              step.put("coldWindowMs", millis);
              return millis;
            });
  }
}
