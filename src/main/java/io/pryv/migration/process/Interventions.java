package io.pryv.migration.process;

import io.pryv.migration.engine.DeedListener;
import io.pryv.migration.engine.ThisProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.camunda.bpm.engine.EntityTypes;
import org.camunda.bpm.engine.HistoryService;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.history.HistoricVariableUpdate;
import org.camunda.bpm.engine.history.UserOperationLogEntry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * What people did to a migration in Cockpit or over REST besides deciding: a token moved, a
 * variable edited, a job retried. Told from the engine's log of user operations.
 */
@Component
class Interventions implements DeedListener {

  /** Decisions on tasks are noted with more care elsewhere. */
  private static final Set<String> ELSEWHERE = Set.of(EntityTypes.TASK, EntityTypes.IDENTITY_LINK);

  private static final Logger LOG = LoggerFactory.getLogger(Interventions.class);

  private static final int LONGEST_VALUE = 300;

  private final HistoryService history;
  private final IdentityService identity;

  Interventions(HistoryService history, IdentityService identity) {
    this.history = history;
    this.identity = identity;
  }

  /** Each is a line of the log as well, at the moment in which it is done. */
  @Override
  public void did(Deed deed) {
    if ("register-migration".equals(deed.process()) && byHand(deed.entity(), deed.operation())) {
      LOG.warn(
          "by hand: {} did {} to {} of {}{}",
          deed.who(),
          deed.operation(),
          deed.entity(),
          deed.instance() == null ? "all migrations" : deed.instance(),
          deed.property() == null
              ? ""
              : ": %s %s → %s".formatted(deed.property(), deed.before(), deed.after()));
    }
  }

  private static boolean byHand(String entity, String operation) {
    return !ELSEWHERE.contains(entity)
        && !operation.equals(UserOperationLogEntry.OPERATION_TYPE_CREATE);
  }

  /** The oldest first. */
  List<Report.Intervention> of(String migration) {
    return ThisProgram.acts(identity, () -> read(migration));
  }

  private List<Report.Intervention> read(String migration) {
    List<Report.Intervention> all = new ArrayList<>();
    for (UserOperationLogEntry entry :
        history
            .createUserOperationLogQuery()
            .processInstanceId(migration)
            .orderByTimestamp()
            .asc()
            .list()) {
      if (byHand(entry.getEntityType(), entry.getOperationType())) {
        all.add(
            new Report.Intervention(
                entry.getTimestamp().toInstant(), entry.getUserId(), described(entry)));
      }
    }
    return all;
  }

  private String described(UserOperationLogEntry entry) {
    StringBuilder text = new StringBuilder(entry.getOperationType());
    if (entry.getProperty() != null) {
      text.append(
          ": %s %s → %s".formatted(entry.getProperty(), entry.getOrgValue(), entry.getNewValue()));
    }
    history
        .createHistoricDetailQuery()
        .variableUpdates()
        .userOperationId(entry.getOperationId())
        .list()
        .stream()
        .map(HistoricVariableUpdate.class::cast)
        .forEach(
            update ->
                text.append(
                    "; %s = %s"
                        .formatted(
                            update.getVariableName(),
                            update.getValue() == null
                                ? "nothing"
                                : FormText.beginning(
                                    Values.text(update.getValue()), LONGEST_VALUE))));
    Optional.ofNullable(entry.getAnnotation())
        .ifPresent(note -> text.append(" (").append(note).append(')'));
    return text.toString();
  }
}
