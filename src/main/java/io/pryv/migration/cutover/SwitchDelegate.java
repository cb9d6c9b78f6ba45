package io.pryv.migration.cutover;

import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;

/** A step that has to do with the switch of its migration. */
abstract class SwitchDelegate extends StepDelegate {

  /** The variable in which the step that opens a tunnel to dest leaves its key's file. */
  static final String TUNNEL_KEY = "tunnelKeyFile";

  /** The variable in which the step that prepares nginx's file for the switch leaves its place. */
  static final String STAGED_SITE = "switchStagedSite";

  /** The variables in which the step that puts nginx's file in leaves where registrations wait. */
  static final String HOLD = "holdDirectory";

  static final String REGISTER_PORT = "registerPort";

  SwitchDelegate(StepContexts contexts) {
    super(contexts);
  }

  /** The migration's switch; no site file is needed to measure it. */
  static Switch switchOf(StepContext step, String tunnelKey, String stagedSite) {
    return new Switch(
        step.hands(),
        step.journal(),
        step.redis(),
        new SwitchScript(
            step.source(),
            step.dest(),
            step.migration(),
            tunnelKey,
            stagedSite,
            step.find(HOLD, String.class).orElse(""),
            step.find(REGISTER_PORT, Integer.class).orElse(0)));
  }
}
