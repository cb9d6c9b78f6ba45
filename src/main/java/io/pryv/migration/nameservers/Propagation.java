package io.pryv.migration.nameservers;

import io.pryv.migration.dns.Delegation;
import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.dns.Parents;
import io.pryv.migration.dns.Records;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Whether the parent and the resolvers send clients to dest, and to nobody else; with the platform
 * reversed: to source again.
 */
final class Propagation {

  private final Platform platform;
  private final DnsClient dns;

  Propagation(Platform platform, DnsClient dns) {
    this.platform = platform;
    this.dns = dns;
  }

  /** Whom an answer leads clients to, in words for the operator. */
  enum Leads {
    TO_DEST("yes"),
    TO_SOURCE("to source still"),
    UNDER_OTHER_NAMES("dest's addresses, under other names than dest's DNS gives"),
    TO_A_STRANGER("a server that is neither source's nor dest's"),
    NOWHERE("no address"),
    SILENT("no answer");

    private final String word;

    Leads(String word) {
      this.word = word;
    }

    /** Whether only time is missing: what was remembered of source runs out. */
    boolean runsOut() {
      return this == TO_SOURCE;
    }
  }

  /** What one server says. */
  record View(String who, String question, String says, Leads leads) {

    boolean moved() {
      return leads == Leads.TO_DEST;
    }

    /** Names it from one look to the next. */
    String key() {
      return who + ", " + question + ": " + leads.word;
    }
  }

  /**
   * One look.
   *
   * @param to the machine that clients shall come to
   * @param wanted whom all should name
   */
  record Look(List<View> views, String to, String wanted) {

    boolean moved() {
      return !views.isEmpty() && views.stream().allMatch(View::moved);
    }

    long missing() {
      return views.stream().filter(view -> !view.moved()).count();
    }

    /**
     * What is missing, where waiting changes none of it, as {@link View#key}; empty when nothing is
     * missing, or when somebody still leads to source.
     */
    List<String> stuck() {
      List<View> missing = views.stream().filter(view -> !view.moved()).toList();
      return missing.stream().anyMatch(view -> view.leads().runsOut())
          ? List.of()
          : missing.stream().map(View::key).toList();
    }

    String markdown() {
      StringBuilder text =
          new StringBuilder("Wanted: ")
              .append(wanted)
              .append("\n\n| who | question | says | ")
              .append(to)
              .append("? |\n|---|---|---|---|\n");
      for (View view : views) {
        text.append(
            "| %s | %s | %s | %s |\n"
                .formatted(
                    view.who(),
                    view.question(),
                    view.says(),
                    view.moved() ? view.leads().word : "**no**: " + view.leads().word));
      }
      return text.toString();
    }
  }

  /** Asks everybody once. A server that does not answer has not moved. */
  Look look() {
    String domain = platform.domain();
    Delegation wanted = Delegation.atChild(dns, platform.dest().publicAddress(), domain);
    List<View> views = new ArrayList<>();
    for (String parent : Parents.of(platform, dns)) {
      views.add(
          view("parent " + parent, "NS", () -> Delegation.atParent(dns, parent, domain), wanted));
    }
    for (String resolver : platform.resolvers()) {
      views.add(
          view(
              "resolver " + resolver,
              "NS",
              () -> Delegation.atResolver(dns, resolver, domain),
              wanted));
      for (String name : platform.options().staticNames()) {
        views.add(address(resolver, name + "." + domain));
      }
    }
    return new Look(views, platform.dest().name(), wanted.describe());
  }

  private View view(String who, String question, Supplier<Delegation> asked, Delegation wanted) {
    try {
      Delegation said = asked.get();
      return new View(who, question, said.describe(), leads(said, wanted));
    } catch (StepFailure failure) {
      return new View(who, question, "no answer", Leads.SILENT);
    }
  }

  private Leads leads(Delegation said, Delegation wanted) {
    Leads leads = leads(said.addresses());
    return leads != Leads.TO_DEST || namesDest(said, wanted) ? leads : Leads.UNDER_OTHER_NAMES;
  }

  /** By the worst of several addresses. */
  private Leads leads(List<String> addresses) {
    if (addresses.isEmpty()) {
      return Leads.NOWHERE;
    }
    if (addresses.stream().anyMatch(platform.reversed().destAddresses()::contains)) {
      return Leads.TO_SOURCE;
    }
    return platform.destAddresses().containsAll(addresses) ? Leads.TO_DEST : Leads.TO_A_STRANGER;
  }

  /**
   * The same names as dest gives. A name outside the domain has no address at the parent; the
   * resolvers' view tells.
   */
  private boolean namesDest(Delegation said, Delegation wanted) {
    return said.servers().keySet().equals(wanted.servers().keySet())
        && said.servers().entrySet().stream()
            .allMatch(
                server ->
                    !server.getValue().isEmpty()
                        || !Records.within(server.getKey(), platform.domain()));
  }

  private View address(String resolver, String name) {
    String who = "resolver " + resolver;
    String question = "A " + name;
    try {
      List<String> records = dns.resolve(resolver, name, "A").records();
      return new View(
          who,
          question,
          records.isEmpty() ? "nothing" : String.join(", ", records),
          leads(Records.data(records, "A")));
    } catch (StepFailure failure) {
      return new View(who, question, "no answer", Leads.SILENT);
    }
  }
}
