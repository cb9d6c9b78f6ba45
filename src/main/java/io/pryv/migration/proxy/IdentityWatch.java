package io.pryv.migration.proxy;

import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.LeaseHeld;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.machine.UntrustedServer;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.Following;
import io.pryv.migration.process.StandingWatch;
import io.pryv.migration.process.StepContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Supplier;
import org.springframework.stereotype.Component;

/**
 * Whether the nginx that passes clients on still believes in the register that it passes them on
 * to. A certificate that is renewed there is added to what is believed, from the machine's own
 * files, so that clients are not cut off. No look waits for another machine: what is told is what
 * the last one found.
 */
@Component
class IdentityWatch implements StandingWatch {

  private static final Duration PAUSE = Duration.ofMinutes(1);
  private static final Duration ENDS_SOON = Duration.ofDays(2);

  /** A machine that is away for a moment is told by others. */
  private static final int FAILURES_TOLD = 3;

  private static final Finding NOTHING = Finding.of(List.of());

  private final HttpsProbe https;

  /** What the last look found, by migration and who follows. */
  private final Map<String, Finding> found = new ConcurrentHashMap<>();

  /** When there may be another one. */
  private final Map<String, Instant> next = new ConcurrentHashMap<>();

  /** How many in a row could not see anything. */
  private final Map<String, Integer> failures = new ConcurrentHashMap<>();

  IdentityWatch(HttpsProbe https) {
    this.https = https;
  }

  @Override
  public Finding look(StepContext step, Following following) {
    String key = step.migration() + " " + following;
    Finding last = found.getOrDefault(key, NOTHING);
    if (!Instant.now().isBefore(next.getOrDefault(key, Instant.EPOCH))) {
      // Until this look is over.
      next.put(key, Instant.MAX);
      ForkJoinPool.commonPool().execute(() -> keep(key, last, step, following));
    }
    return last;
  }

  private void keep(String key, Finding last, StepContext step, Following following) {
    Instant again = Instant.now();
    try {
      Finding now =
          following == Following.DEST
              ? look(step, step.dest(), step.source())
              : look(step, step.source(), step.dest());
      found.put(key, now);
      failures.remove(key);
      again = now.remedies().isEmpty() ? Instant.now().plus(PAUSE) : Instant.now();
    } catch (LeaseHeld notNow) {
      found.put(key, last);
    } catch (StepFailure unseen) {
      again = Instant.now().plus(PAUSE);
      if (failures.merge(key, 1, Integer::sum) >= FAILURES_TOLD
          || unseen.getCause() instanceof UnexpectedText) {
        found.put(
            key,
            Finding.of(
                List.of(
                    "whether clients are passed on to the right machine is not known: "
                        + unseen.getMessage())));
      }
    } finally {
      next.put(key, again);
    }
  }

  private Finding look(StepContext step, Register proxy, Register peer) {
    String file = ServerIdentity.file(proxy.layout(), peer.machine().publicAddress());
    Optional<String> believed = text(step.hands().files(proxy.machine()), file);
    if (believed.isEmpty()) {
      // It passes nobody on, or was told to by an older program.
      return NOTHING;
    }
    String name = peer.machine().name();
    String by = proxy.machine().name();
    ServerIdentity now = identity(step, peer);
    List<String> troubles = new ArrayList<>();
    List<Supplier<String>> remedies = new ArrayList<>();
    if (!now.isIn(believed.get())) {
      troubles.add(
          ("the certificate of %s was renewed: %s's nginx does not know the new one yet"
                  + " and would answer 502 once it is shown; it is being added to %s")
              .formatted(name, by, file));
      remedies.add(() -> add(step, proxy, peer, file));
    } else if (!shows(step, peer, believed.get())) {
      troubles.add(
          ("at %s's address a certificate is shown that is not %s's, so that %s's nginx"
                  + " answers 502: see who answers there; if it is %s, let its nginx read its"
                  + " files (nginx -s reload)")
              .formatted(name, name, by, name));
    }
    if (now.until().isBefore(Instant.now().plus(ENDS_SOON))) {
      troubles.add(
          ("the certificate of %s ends at %s: from then on %s's nginx answers 502; renew"
                  + " it there and let its nginx read it")
              .formatted(name, now.until(), by));
    }
    return new Finding(troubles, remedies);
  }

  private static ServerIdentity identity(StepContext step, Register peer) {
    return ServerIdentity.of(step.hands().files(peer.machine()), peer, step.platform().domain());
  }

  /** Nobody who answers nothing at all is meant. */
  private boolean shows(StepContext step, Register peer, String believed) {
    String address = peer.machine().publicAddress();
    try {
      https
          .believing(address, believed)
          .get(address, 443, "reg." + step.platform().domain(), "/wactiv/check_username", Map.of());
      return true;
    } catch (UntrustedServer other) {
      return false;
    } catch (StepFailure noAnswer) {
      return true;
    }
  }

  private static String add(StepContext step, Register proxy, Register peer, String file) {
    RemoteFiles files = step.hands().files(proxy.machine());
    Optional<String> believed = text(files, file);
    ServerIdentity now = identity(step, peer);
    if (believed.isEmpty() || now.isIn(believed.get())) {
      return "";
    }
    files.write(file, now.addedTo(believed.get()).getBytes(StandardCharsets.US_ASCII), "644");
    try {
      new NginxContainer(step.hands().on(proxy.machine()), proxy.layout()).reload();
    } catch (StepFailure notRead) {
      // What nginx does not know must not look as if it did.
      files.write(file, believed.get().getBytes(StandardCharsets.US_ASCII), "644");
      throw notRead;
    }
    return "%s's nginx knows the new certificate of %s as well: %s"
        .formatted(proxy.machine().name(), peer.machine().name(), now.inWords());
  }

  private static Optional<String> text(RemoteFiles files, String path) {
    return files.read(path).map(bytes -> new String(bytes, StandardCharsets.US_ASCII));
  }
}
