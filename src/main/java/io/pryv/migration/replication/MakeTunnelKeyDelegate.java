package io.pryv.migration.replication;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** Makes the key by which source will follow dest. */
@Component("makeTunnelKey")
class MakeTunnelKeyDelegate extends StepDelegate {

  MakeTunnelKeyDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    TunnelKey.Made made =
        new TunnelKey(
                step.hands(),
                step.source(),
                step.dest(),
                step.migration(),
                step.platform().options().keyType())
            .make();
    step.put("tunnelKeyFile", made.key());
    step.say(
        (made.changed() ? "made " : "already done: ")
            + made.key()
            + " on source, "
            + made.fingerprint()
            + "; dest accepts it for its Redis port and nothing else");
    step.evidence(
        "tunnelKey",
        """
        | what | where |
        |---|---|
        | private key | source, `%s` |
        | fingerprint | `%s` |
        | line in dest's authorized_keys | `%s…` |
        """
            .formatted(
                made.key(),
                made.fingerprint(),
                made.line().substring(0, Math.min(160, made.line().length()))));
  }
}
