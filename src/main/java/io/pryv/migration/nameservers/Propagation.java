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

  /** What one server says. */
  record View(String who, String question, String says, boolean moved) {}

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
                    view.who(), view.question(), view.says(), view.moved() ? "yes" : "**no**"));
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
      return new View(who, question, said.describe(), namesDest(said, wanted));
    } catch (StepFailure failure) {
      return new View(who, question, "no answer", false);
    }
  }

  /**
   * The same names as dest gives, and no address but dest's. A name outside the domain has no
   * address at the parent; the resolvers' view tells.
   */
  private boolean namesDest(Delegation said, Delegation wanted) {
    return !said.servers().isEmpty()
        && said.servers().keySet().equals(wanted.servers().keySet())
        && platform.destAddresses().containsAll(said.addresses())
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
      List<String> addresses = Records.data(records, "A");
      return new View(
          who,
          question,
          records.isEmpty() ? "nothing" : String.join(", ", records),
          !addresses.isEmpty() && platform.destAddresses().containsAll(addresses));
    } catch (StepFailure failure) {
      return new View(who, question, "no answer", false);
    }
  }
}
