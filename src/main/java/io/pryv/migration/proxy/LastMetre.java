package io.pryv.migration.proxy;

import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.LaunchProof;
import io.pryv.migration.machine.LeaseHeld;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;

/**
 * The last metre of the way that clients will go: source's own nginx, by the directives that it
 * will have, asks dest. What only the two of them settle, such as the versions of TLS that each
 * knows, no other proof sees before the switch. Dest's nginx asks source as well, by the directives
 * of a rollback.
 */
@Component
class LastMetre implements LaunchProof {

  private static final String PATH = "/wactiv/check_username";

  private final HttpsProbe https;

  LastMetre(HttpsProbe https) {
    this.https = https;
  }

  @Override
  public String prove(
      Hands hands, Register source, Register dest, Platform platform, String migration) {
    Asked there = ask(hands, source, dest, platform.domain(), migration);
    for (Asked.Host host : there.hosts()) {
      if (host.status() != host.direct()) {
        throw new StepFailure(
            source.machine().name(),
            "GET https://%s%s of dest, by a trial of its own nginx".formatted(host.name(), PATH),
            "status " + host.direct() + ", as dest answers when it is asked directly",
            "status " + host.status() + (there.errors().isEmpty() ? "" : "\n" + there.errors()),
            "every client would get that after the switch. See what the log line says: that dest's"
                + " nginx and source's have a version of TLS in common (ssl_protocols on dest,"
                + " proxy_ssl_protocols on source), that dest has a server block of that name, and,"
                + " where source's nginx does not verify the certificate, that it is valid for that"
                + " name and that nginx on dest has read its files since it was put there;"
                + " then retry");
      }
    }
    return there.markdown("Source", "dest,", "") + back(hands, source, dest, platform, migration);
  }

  /**
   * The file of a rollback is tested, and its way is asked. Whether clients could be led back is no
   * reason not to go: it is told.
   */
  private String back(
      Hands hands, Register source, Register dest, Platform platform, String migration) {
    try {
      ServerIdentity identity =
          ServerIdentity.of(hands.files(source.machine()), source, platform.domain());
      new SiteFile(dest, hands.on(dest.machine()), hands.files(dest.machine()), migration)
          .prepare(Target.of(identity, source), platform.options().holdWrites());
      Asked back = ask(hands, dest, source, platform.domain(), migration);
      boolean reaches = back.hosts().stream().allMatch(host -> host.status() == host.direct());
      return back.markdown(
          "Dest",
          "source, as in a rollback,",
          reaches
              ? ""
              : "\n**A rollback after the name servers were changed could not lead clients of dest"
                  + " on to source**: directly, source answers otherwise. "
                  + back.errors()
                  + "\n");
    } catch (ConnectionLost | LeaseHeld notAsked) {
      throw notAsked;
    } catch (StepFailure unfit) {
      return "\n**A rollback after the name servers were changed could not lead clients of dest on"
          + " to source, and registrations could not wait for it**: "
          + unfit.getMessage()
          + "\n";
    }
  }

  private Asked ask(Hands hands, Register asks, Register asked, String domain, String migration) {
    SiteFile site =
        new SiteFile(asks, hands.on(asks.machine()), hands.files(asks.machine()), migration);
    String address = asked.machine().publicAddress();
    ServerIdentity identity = ServerIdentity.of(hands.files(asked.machine()), asked, domain);
    HttpsProbe known = https.believing(address, identity.anchors());
    TrialNginx.Said said = site.ask(Target.of(identity, asked), domain, PATH);
    return new Asked(
        identity,
        said.statuses().entrySet().stream()
            .map(
                host ->
                    new Asked.Host(
                        host.getKey(),
                        host.getValue(),
                        known.get(address, 443, host.getKey(), PATH, Map.of()).status()))
            .toList(),
        said.errors());
  }

  /**
   * What a trial of one register's nginx was answered by the other register.
   *
   * @param identity by which it is known
   * @param errors of the trial's log
   */
  private record Asked(ServerIdentity identity, List<Host> hosts, String errors) {

    /**
     * A host name.
     *
     * @param status that the trial got, 0 for none
     * @param direct that we got ourselves
     */
    record Host(String name, int status, int direct) {}

    String markdown(String asks, String asked, String trouble) {
      StringBuilder text =
          new StringBuilder("\n")
              .append(asks)
              .append("'s nginx, by the directives that it will have, asks ")
              .append(asked)
              .append(" which it knows by ")
              .append(identity.inWords())
              .append(":\n\n| host name | status |\n|---|---|\n");
      hosts.forEach(host -> text.append("| %s | %d |%n".formatted(host.name(), host.status())));
      return text + trouble;
    }
  }
}
