package io.pryv.migration.process;

import io.pryv.migration.platform.Platform;
import org.camunda.bpm.engine.AuthorizationException;
import org.camunda.bpm.engine.HistoryService;
import org.springframework.stereotype.Component;

/** Whoever has started a migration does not approve it, where its platform file says so. */
@Component
class FourEyes {

  private final HistoryService history;
  private final Seals seals;

  FourEyes(HistoryService history, Seals seals) {
    this.history = history;
    this.seals = seals;
  }

  /**
   * Refuses an approval by whoever started the migration.
   *
   * @param what he is about to do
   * @throws AuthorizationException with the option {@code fourEyes} as it was when it began
   */
  void check(String migration, String who, String what) {
    boolean asked =
        seals
            .sealed(migration, "platform")
            .map(text -> Values.fromVariable("platform", text, Platform.class))
            .map(platform -> platform.options().fourEyes())
            .orElse(false);
    if (asked
        && who.equals(
            history
                .createHistoricProcessInstanceQuery()
                .processInstanceId(migration)
                .singleResult()
                .getStartUserId())) {
      throw new AuthorizationException(
          "%s has started this migration and may not %s: its platform file says fourEyes, so another approver must."
              .formatted(who, what));
    }
  }
}
