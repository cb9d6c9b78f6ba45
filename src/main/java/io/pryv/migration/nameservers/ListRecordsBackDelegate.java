package io.pryv.migration.nameservers;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** Lists the records that must lead to source again. */
@Component("listRecordsBack")
class ListRecordsBackDelegate extends StepDelegate {

  private final DnsClient dns;

  ListRecordsBackDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  @Override
  protected void perform(StepContext step) {
    RecordsToChange.Listed listed = new RecordsToChange(step.platform().reversed(), dns).list();
    step.put(
        "longestTtl",
        Math.max(listed.longestTtl(), step.find("longestTtl", Long.class).orElse(0L)));
    step.evidence("recordsBack", listed.markdown());
    step.say(
        listed.changes().isEmpty()
            ? "already done: the parent delegates to source"
            : "%d records to change; the longest TTL is %d s"
                .formatted(listed.changes().size(), listed.longestTtl()));
  }
}
