package io.pryv.migration.rollback;

import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.ReadOnlyReplica;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RestingFiles;
import io.pryv.migration.redis.SettingsBefore;
import io.pryv.migration.redis.WriteProof;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;

/** Proves that both machines are as they were before the first change, and that source serves. */
@Component("proveAsBefore")
class ProveAsBeforeDelegate extends StepDelegate {

  private final HttpsProbe https;

  ProveAsBeforeDelegate(StepContexts contexts, HttpsProbe https) {
    super(contexts);
    this.https = https;
  }

  @Override
  protected void perform(StepContext step) {
    StringBuilder evidence = new StringBuilder();
    List<String> said = new ArrayList<>();
    restoreSettings(step, evidence, said);
    for (Register register : List.of(step.source(), step.dest())) {
      Optional<AsBefore.Compared> compared =
          new AsBefore(step.hands(), step.journal(), register, step.migration()).prove();
      String machine = register.machine().name();
      compared.ifPresent(found -> evidence.append(found.markdown()));
      said.add(
          compared
              .map(
                  found ->
                      "%s: %d files as before%s"
                          .formatted(
                              machine,
                              found.files(),
                              found.others().isEmpty()
                                  ? ""
                                  : ", %d changed by others".formatted(found.others().size())))
              .orElse(machine + ": nothing had been changed yet"));
    }
    if (new RestingFiles(step.hands().on(step.source().machine()), step.migration()).begun()) {
      throw new StepFailure(
          step.source().machine().name(),
          "Redis' settings save and auto-aof-rewrite-percentage",
          "as before the cold window",
          "changed for it, and not set again",
          "set them as ~/.register-migration/"
              + step.migration()
              + "/redis-files-at-rest says (`redis-cli CONFIG SET` in its container), remove that file, then retry");
    }
    WriteProof.atItsAddress(step.source(), step.redis(), https, step.platform().domain())
        .orFail(
            Duration.ofSeconds(15),
            "source's Redis takes writes, but its web address does not show them: see its register"
                + " and nginx, then retry");
    evidence.append("Source takes writes, and serves them at its address.\n");
    step.evidence("asBefore", evidence.toString());
    step.say(String.join("; ", said) + "; source takes writes and serves them at its address");
  }

  /**
   * What was set at run time stands in no file: it is set again here, at the end, whatever kept a
   * step from it. A Redis that does not run has forgotten it; whether it should run is compared
   * with the other services.
   */
  private static void restoreSettings(StepContext step, StringBuilder evidence, List<String> said) {
    for (Register register : List.of(step.source(), step.dest())) {
      Shell shell = step.hands().on(register.machine());
      boolean runs =
          Containers.of(step.hands(), register, step.migration()).look().stream()
              .anyMatch(
                  one -> one.name().equals(register.layout().redisContainer()) && one.running());
      if (!runs) {
        continue;
      }
      try (RedisServer redis = step.redis().open(register)) {
        new RestingFiles(shell, step.migration()).end(redis);
        List<String> restored = new SettingsBefore(shell, step.migration()).restore(redis);
        if (!restored.isEmpty()) {
          String words =
              "%s: settings of Redis that differed from before: %s"
                  .formatted(register.machine().name(), String.join(", ", restored));
          evidence.append(words).append("\n\n");
          said.add(words);
        }
      }
    }
    for (Register slave :
        Stream.concat(step.sourceSlaves().stream(), step.destSlaves().stream()).toList()) {
      ReadOnlyReplica.restore(step.hands(), slave, step.redis()).ifPresent(said::add);
    }
  }
}
