package io.pryv.migration.proxy;

import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.time.Duration;
import java.time.Instant;
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
    step.say(
        "a request to source's address was answered by dest"
            + step.find("coldWindowStartedAt", Instant.class)
                .map(began -> servedAgain(step, began))
                .orElse(""));
  }

  private static String servedAgain(StepContext step, Instant began) {
    long millis =
        Duration.between(began, step.find("servedAgainAt", Instant.class).orElseGet(Instant::now))
            .toMillis();
    step.put("coldWindowMs", millis);
    return "; clients were served again " + millis + " ms after the cold window began";
  }
}
