package io.pryv.migration.transfer;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.dns.WhereClientsGo;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.Notes;
import io.pryv.migration.machine.RegistrationHold;
import io.pryv.migration.platform.Register;
import io.pryv.migration.process.Rehearsals;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.DestData;
import io.pryv.migration.redis.Election;
import org.springframework.stereotype.Component;

@Component("undoPreparation")
class UndoPreparationDelegate extends StepDelegate {

  private final DnsClient dns;

  UndoPreparationDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  @Override
  protected void perform(StepContext step) {
    new Election(step.hands(), step.source(), step.dest()).requireSource();
    Register dest = step.dest();
    WhereClientsGo.look(step.platform(), dns)
        .proveNobodyIsLedTo(
            dest.machine().name(),
            step.platform().destAddresses(),
            step.find("recordsListed", Boolean.class).orElse(false));
    // Where dest could not be reached when jobs were ended.
    DetachedJob.endAll(step.hands().on(dest.machine()), step.migration(), "");
    Preparation preparation =
        new Preparation(
            step.source(),
            dest,
            Containers.of(step.hands(), step.source(), step.migration()),
            Containers.of(step.hands(), dest, step.migration()),
            new FileUndo(
                step.source().machine().name(),
                step.hands().files(step.source().machine()),
                step.journal()),
            new FileUndo(dest.machine().name(), step.hands().files(dest.machine()), step.journal()),
            new KeyRemoval(step.hands(), step.journal(), step.migration()),
            new DestData(step.hands().on(dest.machine()), dest, step.migration()),
            step.redis(),
            new Notes(step.hands().on(dest.machine()), step.migration()));
    String said = preparation.undo(step.find("writer", String.class).orElse("").equals("DEST"));
    // Behind the site file that lets requests wait: until then it leads late ones on to source.
    RegistrationHold hold = step.registrationHold(dest);
    if (hold.laid()) {
      hold.remove();
    }
    if (step.find(Rehearsals.REHEARSED, Boolean.class).orElse(false) && backup(step).remove()) {
      said += " The rehearsal's backup is removed.";
    }
    step.evidence("undoPreparation", said + "\n");
    step.say(said);
  }

  private static Backup backup(StepContext step) {
    return new Backup(
        step.source(),
        step.hands().on(step.source().machine()),
        step.redis(),
        step.migration(),
        step.platform().options().backupDirectory(),
        step.platform().domain());
  }
}
