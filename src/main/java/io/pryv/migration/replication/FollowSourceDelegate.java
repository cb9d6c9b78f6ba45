package io.pryv.migration.replication;

import io.pryv.migration.machine.Notes;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.Election;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** Makes dest's Redis follow source's before a live cut-over, in short rounds. */
@Component("followSource")
class FollowSourceDelegate extends StepDelegate {

  private static final Duration ROUND = Duration.ofMillis(2500);

  FollowSourceDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    // What dest held by itself is kept, so that after a restart it may be made a replica again.
    boolean kept =
        new Notes(step.hands().on(step.dest().machine()), step.migration()).has("dest-data-before");
    TunnelEnds ends = TunnelEnds.toSource(step.source(), step.dest(), TunnelPorts.PROCEDURE);
    FollowSource.Progress progress =
        new FollowSource(
                step.hands(),
                step.source(),
                step.dest(),
                step.redis(),
                new Tunnel(step.hands(), ends, step.migration()),
                new TunnelKey(
                    step.hands(), ends, step.migration(), step.platform().options().keyType()),
                FollowSource.Guard.beforeCutOver(
                    step.dest(), kept || step.platform().options().destUsersMayGo()))
            .look(ROUND);
    step.put("followSourceProgress", progress.words());
    step.put("destInSync", progress.inSync());
    step.evidence("sync", progress.words() + ".\n");
    step.say(progress.words());
  }
}
