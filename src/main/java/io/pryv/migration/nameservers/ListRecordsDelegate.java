package io.pryv.migration.nameservers;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import org.springframework.stereotype.Component;

/** Lists the records that the operator must change. */
@Component("listRecords")
class ListRecordsDelegate extends StepDelegate {

  private final DnsClient dns;

  ListRecordsDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  @Override
  protected void perform(StepContext step) {
    RecordsToChange.Listed listed = new RecordsToChange(step.platform(), dns).list();
    step.put("longestTtl", listed.longestTtl());
    // From here on the operator may change them: a rollback leads them back first.
    step.put("recordsListed", true);
    step.evidence("records", listed.markdown());
    step.say(
        listed.changes().isEmpty()
            ? "already done: the parent delegates to dest"
            : "%d records to change; the longest TTL is %d s"
                .formatted(listed.changes().size(), listed.longestTtl()));
  }
}
