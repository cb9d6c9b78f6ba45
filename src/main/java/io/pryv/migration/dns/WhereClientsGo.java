package io.pryv.migration.dns;

import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * To which addresses clients of a platform may be led now: what each server of the parent delegates
 * to, and what each resolver says of the domain's name servers and static names. A name server
 * whose name lies outside the domain has no glue at the parent: the resolvers tell its address.
 *
 * @param answers what was said, one for each question
 * @param silent who gave no answer, with the question; whoever is silent may lead anywhere
 */
public record WhereClientsGo(List<Answer> answers, List<String> silent) {

  /** What one server said: the addresses that it leads to. */
  public record Answer(String who, String question, Set<String> addresses) {

    @Override
    public String toString() {
      return "%s, %s: %s".formatted(who, question, String.join(" ", addresses));
    }
  }

  /**
   * Asks everybody once; never fails for a server that is silent, the others are asked all the
   * same.
   */
  public static WhereClientsGo look(Platform platform, DnsClient dns) {
    Collector found = new Collector(platform, dns);
    found.parents();
    platform.resolvers().forEach(found::resolver);
    return new WhereClientsGo(List.copyOf(found.answers), List.copyOf(found.silent));
  }

  /** The answers that lead to one of these addresses. */
  public List<Answer> leadingTo(Collection<String> addresses) {
    return answers.stream()
        .filter(answer -> answer.addresses().stream().anyMatch(addresses::contains))
        .toList();
  }

  /**
   * Proves that nobody leads clients to a machine, before it is stopped or takes writes of its own.
   *
   * @param machine as the operator knows it
   * @param addresses of it and of its slaves
   * @param evenTheSilent whether somebody who gives no answer is a failure, too: so once records
   *     may have been changed
   * @throws StepFailure when somebody does, or may
   */
  public void proveNobodyIsLedTo(
      String machine, Collection<String> addresses, boolean evenTheSilent) {
    List<Answer> leading = leadingTo(addresses);
    if (leading.isEmpty() && (silent.isEmpty() || !evenTheSilent)) {
      return;
    }
    throw new StepFailure(
        machine,
        "name servers of the platform's domain",
        "every server of the parent and every resolver answers, and none leads clients to "
            + machine,
        leading.isEmpty()
            ? "no answer from " + String.join("; ", silent)
            : leading.stream().map(Answer::toString).collect(Collectors.joining("; ")),
        leading.isEmpty()
            ? "see why they do not answer, then retry; " + machine + " was left as it is"
            : "point the records back to source at the hosting provider, wait until resolvers have"
                + " forgotten the old ones (their TTL), then retry; "
                + machine
                + " was left as it is");
  }

  private static final class Collector {

    private final Platform platform;
    private final DnsClient dns;
    private final List<Answer> answers = new ArrayList<>();
    private final List<String> silent = new ArrayList<>();

    Collector(Platform platform, DnsClient dns) {
      this.platform = platform;
      this.dns = dns;
    }

    void parents() {
      List<String> parents = List.of();
      try {
        parents = Parents.of(platform, dns);
      } catch (StepFailure noneFound) {
        silent.add("the servers that delegate " + platform.domain() + ": none was found");
      }
      for (String parent : parents) {
        String who = "parent " + parent;
        try {
          Delegation delegation = Delegation.atParent(dns, parent, platform.domain());
          answers.add(new Answer(who, "NS", addresses(who, delegation)));
        } catch (StepFailure noAnswer) {
          silent.add(who);
        }
      }
    }

    void resolver(String resolver) {
      String who = "resolver " + resolver;
      try {
        Delegation delegation = Delegation.atResolver(dns, resolver, platform.domain());
        answers.add(new Answer(who, "NS", Set.copyOf(delegation.addresses())));
      } catch (StepFailure noAnswer) {
        silent.add(who);
        return;
      }
      for (String name : platform.options().staticNames()) {
        String question = "A " + name + "." + platform.domain();
        try {
          answers.add(
              new Answer(who, question, resolved(resolver, name + "." + platform.domain())));
        } catch (StepFailure noAnswer) {
          silent.add(who + ", " + question);
        }
      }
    }

    /** With the addresses of names that have no glue. */
    private Set<String> addresses(String who, Delegation delegation) {
      Set<String> all = new LinkedHashSet<>(delegation.addresses());
      for (Map.Entry<String, List<String>> server : delegation.servers().entrySet()) {
        if (server.getValue().isEmpty()) {
          Set<String> resolved = anyResolver(server.getKey());
          if (resolved.isEmpty()) {
            silent.add(who + ", A of its name server " + server.getKey());
          }
          all.addAll(resolved);
        }
      }
      return all;
    }

    /**
     * What the resolvers know of a name, put together: each may have another answer in its cache.
     */
    private Set<String> anyResolver(String name) {
      Set<String> all = new TreeSet<>();
      for (String resolver : platform.resolvers()) {
        try {
          all.addAll(resolved(resolver, name));
        } catch (StepFailure noAnswer) {
          // That this resolver is silent is told where it is asked for the domain.
        }
      }
      return all;
    }

    private Set<String> resolved(String resolver, String name) {
      return new TreeSet<>(Records.data(dns.resolve(resolver, name, "A").records(), "A"));
    }
  }
}
