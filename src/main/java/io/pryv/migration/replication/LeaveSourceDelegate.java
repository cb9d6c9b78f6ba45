package io.pryv.migration.replication;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import java.util.List;
import org.springframework.stereotype.Component;

/** Ends that dest follows source, unless the switch has ended it, and closes the tunnel for it. */
@Component("leaveSource")
class LeaveSourceDelegate extends StepDelegate {

  LeaveSourceDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    List<String> done =
        new LeaveSource(
                step.dest(),
                step.redis(),
                new Tunnel(
                    step.hands(),
                    TunnelEnds.toSource(step.source(), step.dest(), TunnelPorts.PROCEDURE),
                    step.migration()))
            .leave();
    step.say(
        done.isEmpty()
            ? "already done: dest follows nobody, and no tunnel leads from it to source"
            : String.join("; ", done));
  }
}
