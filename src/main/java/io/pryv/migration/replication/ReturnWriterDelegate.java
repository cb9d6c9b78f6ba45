package io.pryv.migration.replication;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.RegistrationHold;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.OnDisk;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RestingFiles;
import io.pryv.migration.redis.RoleFile;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Makes source the writer again, with all that dest has taken. */
@Component("returnWriter")
class ReturnWriterDelegate extends StepDelegate {

  private static final Duration LONGEST_TRANSFER = Duration.ofMinutes(2);

  private static final int TRIES_TO_HOLD = 3;
  private static final Logger LOG = LoggerFactory.getLogger(ReturnWriterDelegate.class);

  private final DnsClient dns;

  ReturnWriterDelegate(StepContexts contexts, DnsClient dns) {
    super(contexts);
    this.dns = dns;
  }

  @Override
  protected void perform(StepContext step) {
    try (RedisServer redis = step.redis().open(step.source())) {
      new RestingFiles(step.hands().on(step.source().machine()), step.migration()).end(redis);
    }
    Tunnel tunnel = new Tunnel(step.hands(), step.source(), step.dest(), step.migration());
    FollowDest followDest =
        new FollowDest(
            step.hands(),
            step.source(),
            step.dest(),
            step.sourceSlaves(),
            step.redis(),
            dns,
            tunnel,
            step.platform().domain(),
            step.migration(),
            LONGEST_TRANSFER,
            Duration.ZERO);
    OnDisk disk = new OnDisk(step.hands().on(step.source().machine()), step.source());
    boolean wait = step.find("registrationsWaitBack", Boolean.class).orElse(false);
    int registerPort = wait ? step.get("returnRegisterPort", Integer.class) : 0;
    RegistrationHold hold = step.registrationHold(step.dest());
    ReturnWriter.Returned returned =
        new ReturnWriter(
                step.source(),
                step.dest(),
                new RoleFile(step.hands(), step.source()),
                new RoleFile(step.hands(), step.dest()),
                step.redis(),
                new ReturnWriter.Machines() {
                  @Override
                  public void follow() {
                    followDest.turn();
                  }

                  @Override
                  public void keepOpen(String runIdOfDest) {
                    tunnel.open(runIdOfDest, Duration.ofSeconds(20));
                  }

                  @Override
                  public void flush() {
                    disk.flush();
                  }

                  @Override
                  public void persist(RedisServer redis) {
                    disk.bring(redis);
                  }

                  @Override
                  public Optional<String> letRegistrationsWait() {
                    return wait ? begun(hold, registerPort) : Optional.empty();
                  }

                  @Override
                  public void letRegistrationsGoOn() {
                    if (wait) {
                      leadToDest(hold);
                    }
                  }
                },
                Duration.ofMinutes(1),
                Duration.ofSeconds(2))
            .give();
    if (returned.refusedSince() != null) {
      step.put("writesRefusedSince", returned.refusedSince());
    }
    step.evidence("returnWriter", returned.markdown());
    step.say((returned.changed() ? "" : "already done: ") + String.join("; ", returned.lines()));
  }

  /** A core that is slow is waited for some times; the return does not depend on it for ever. */
  private static Optional<String> begun(RegistrationHold hold, int registerPort) {
    String why = "";
    for (int tries = 0; tries < TRIES_TO_HOLD; tries++) {
      try {
        hold.begin(registerPort);
        return Optional.empty();
      } catch (StepFailure failure) {
        why =
            "registrations do not wait in dest's nginx, and a user who is being created at the"
                + " return may be left half created: "
                + RegistrationHold.goneWithout(failure);
      }
    }
    leadToDest(hold);
    return Optional.of(why);
  }

  /** Where that fails nothing waits for longer than holdWrites: who does is refused then. */
  private static void leadToDest(RegistrationHold hold) {
    try {
      hold.leadToOldWriter();
    } catch (StepFailure failure) {
      LOG.warn(
          "registrations that wait in dest's nginx are refused there (503): {}",
          RegistrationHold.goneWithout(failure));
    }
  }
}
