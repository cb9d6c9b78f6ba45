package io.pryv.migration.process;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in a few lines, without stack trace, why this program does not start without its admin. */
class MissingAdminAnalyzer extends AbstractFailureAnalyzer<AdminProperties.MissingAdmin> {

  @Override
  protected FailureAnalysis analyze(Throwable root, AdminProperties.MissingAdmin cause) {
    return new FailureAnalysis(
        cause.getMessage(),
        "Set MIGRATION_ADMIN_PASSWORD in the environment, or start with script/run.",
        cause);
  }
}
