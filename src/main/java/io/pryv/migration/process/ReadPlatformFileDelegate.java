package io.pryv.migration.process;

import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.PlatformFile;
import io.pryv.migration.platform.StrategyChoice;
import java.nio.file.Path;
import java.time.Duration;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.JavaDelegate;
import org.camunda.bpm.engine.variable.value.TypedValue;
import org.springframework.stereotype.Component;

/**
 * Reads and validates the platform file within the transaction that starts the migration: whoever
 * starts it is told at once what is wrong, and nothing has begun.
 */
@Component("readPlatformFile")
class ReadPlatformFileDelegate implements JavaDelegate {

  private final PlatformFiles files;
  private final Claims claims;
  private final Logbook logbook;
  private final Seals seals;

  ReadPlatformFileDelegate(PlatformFiles files, Claims claims, Logbook logbook, Seals seals) {
    this.seals = seals;
    this.files = files;
    this.claims = claims;
    this.logbook = logbook;
  }

  @Override
  public void execute(DelegateExecution execution) {
    long began = System.nanoTime();
    Path file = files.find(execution.getVariable("platformFile"));
    Platform platform = PlatformFile.read(file);
    Purpose purpose = Purpose.of(execution.getVariable(Purpose.VARIABLE));
    StrategyChoice choice =
        StrategyChoice.of(execution.getVariable(StrategyChoice.VARIABLE), platform.options());
    claims.claim(execution.getProcessInstanceId(), platform);
    execution.setProcessBusinessKey(platform.domain());
    TypedValue own = Values.toVariable(platform);
    seals.seal(execution.getProcessInstanceId(), "platform", own);
    execution.setVariable("platform", own);
    execution.setVariable("domain", platform.domain());
    execution.setVariable("checkEvery", platform.options().checkEvery().toString());
    execution.setVariable(ColdWindow.FAILURE, "");
    execution.setVariable("notBefore", "");
    TypedValue wanted = Values.toVariable(purpose.word());
    seals.seal(execution.getProcessInstanceId(), Purpose.VARIABLE, wanted);
    execution.setVariable(Purpose.VARIABLE, wanted);
    execution.setVariable(Rollback.REQUESTED, false);
    execution.setVariable(Rollback.REASON, "");
    execution.setVariable(Rollback.RETIRED, false);
    logbook.passed(
        execution.getProcessInstanceId(),
        execution.getCurrentActivityId(),
        execution.getCurrentActivityName(),
        Duration.ofNanos(System.nanoTime() - began),
        "%s: %s %s from %s to %s; strategy: %s, chosen in the %s"
            .formatted(
                file,
                platform.domain(),
                purpose == Purpose.REHEARSE ? "rehearses its move" : "moves",
                platform.source().publicAddress(),
                platform.dest().publicAddress(),
                choice.wanted(),
                choice.place()));
  }
}
