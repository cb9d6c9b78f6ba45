package io.pryv.migration.proxy;

import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.WriteProof;
import java.time.Duration;
import java.time.Instant;
import org.springframework.stereotype.Component;

/** Lets source's nginx lead clients to source's own register again. */
@Component("returnProxy")
class ReturnProxyDelegate extends StepDelegate {

  private final HttpsProbe https;

  ReturnProxyDelegate(StepContexts contexts, HttpsProbe https) {
    super(contexts);
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    Register source = step.source();
    boolean changed =
        new ReturnedProxy(
                source,
                new FileUndo(
                    source.machine().name(), step.hands().files(source.machine()), step.journal()),
                new NginxContainer(step.hands().on(source.machine()), source.layout()),
                new WriteProof(source, step.redis(), https, step.platform().domain()),
                Duration.ofSeconds(15))
            .give();
    String refused =
        step.find("writesRefusedSince", Instant.class)
            .filter(since -> changed)
            .map(since -> Duration.between(since, Instant.now()).toMillis())
            .map(millis -> "; writes were refused for at most " + millis + " ms")
            .orElse("");
    step.say(
        (changed ? "" : "already done: ")
            + "source answers by itself, its site file is as it was, to the byte; what is written"
            + " into its Redis is read at its address"
            + refused);
  }
}
