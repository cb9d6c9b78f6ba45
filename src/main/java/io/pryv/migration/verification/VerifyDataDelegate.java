package io.pryv.migration.verification;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.AtStop;
import io.pryv.migration.redis.RedisServer;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Compares the whole data of source and dest, and its amount with that at the stop. */
@Component("verifyData")
class VerifyDataDelegate extends StepDelegate {

  VerifyDataDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    try (RedisServer source = step.redis().open(step.source());
        RedisServer dest = step.redis().open(step.dest())) {
      Optional<AtStop> atStop =
          AtStop.read(step.hands().on(step.source().machine()), step.migration());
      // Dest first: what it has lost, source, which follows it, loses by that.
      if (atStop.isPresent()) {
        atStop.get().requireIn(dest, step.dest().machine().name());
        atStop.get().requireIn(source, step.source().machine().name());
      }
      DataComparison.Equal equal = new DataComparison(source, dest).compare();
      step.put("keysCompared", equal.compared());
      step.put("keysDiffering", 0L);
      step.put("users", equal.source().users());
      step.evidence(
          "data",
          equal.markdown()
              + atStop
                  .map(
                      then -> "\nSource's last write left %d keys.\n".formatted(then.lastingKeys()))
                  .orElse(""));
      step.say(
          equal.compared()
              + " keys compared in both directions, none differs"
              + (atStop.isPresent()
                  ? ", and none is missing since source took its last write"
                  : "; how many source held at its last write is not known"));
    }
  }
}
