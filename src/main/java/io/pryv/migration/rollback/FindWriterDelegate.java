package io.pryv.migration.rollback;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** Reads from the machines who takes writes: that decides which way a rollback goes. */
@Component("findWriter")
class FindWriterDelegate extends StepDelegate {

  private final DnsClient dns;

  FindWriterDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  @Override
  protected void perform(StepContext step) {
    Standing standing =
        Standing.of(
            step.hands(),
            step.journal(),
            step.source(),
            step.dest(),
            step.redis(),
            step.migration());
    step.put("writer", standing.writer());
    step.put("sourceReady", standing.sourceReady());
    boolean namesMoved =
        standing.writer() == Standing.Writer.DEST
            && NamesMoved.maybe(
                step.find("recordsListed", Boolean.class).orElse(false), step.platform(), dns);
    step.put("namesMoved", namesMoved);
    step.evidence(
        "findWriter",
        standing.because()
            + ".\n\n"
            + standing.facts()
            + (namesMoved
                ? "\nThe name servers may lead clients to dest: it goes on serving until they lead"
                    + " to source again.\n"
                : ""));
    step.say(
        (standing.writer() == Standing.Writer.SOURCE
                ? "source is the writer: "
                : "dest is the writer, its writes are carried to source first: ")
            + standing.because());
  }
}
