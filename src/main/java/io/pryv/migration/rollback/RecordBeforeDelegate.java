package io.pryv.migration.rollback;

import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.process.StepContext;
import io.pryv.migration.process.StepContexts;
import io.pryv.migration.process.StepDelegate;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.SettingsBefore;
import java.util.ArrayList;
import java.util.List;
import org.springframework.stereotype.Component;

/** Records how source and dest are, before the first change: what a rollback has to give back. */
@Component("recordBefore")
class RecordBeforeDelegate extends StepDelegate {

  RecordBeforeDelegate(StepContexts contexts) {
    super(contexts);
  }

  @Override
  protected void perform(StepContext step) {
    StringBuilder evidence = new StringBuilder();
    List<String> said = new ArrayList<>();
    boolean made = false;
    for (Register register : List.of(step.source(), step.dest())) {
      String machine = register.machine().name();
      Before.Recorded recorded =
          new Before(register, step.hands().on(register.machine()), step.migration()).record();
      made |= recorded.made();
      List<Container> containers =
          Containers.of(step.hands(), register, step.migration()).remember();
      said.add("%d files of %s, %s".formatted(recorded.files(), machine, recorded.digest()));
      evidence.append(
          """
          ### %s

          %d files and directories of CONF_ROOT (without the Redis data) and ~/.ssh; SHA-256 of \
          their list `%s`. Redis: %s.

          | container | status | restart |
          |---|---|---|
          """
              .formatted(machine, recorded.files(), recorded.digest(), redis(step, register)));
      containers.forEach(
          c ->
              evidence.append(
                  "| %s | %s | %s |%n".formatted(c.name(), c.status(), c.restartPolicy())));
      evidence.append('\n');
    }
    step.evidence("before", evidence.toString());
    step.say((made ? "recorded: " : "already done: ") + String.join("; ", said));
  }

  private static String redis(StepContext step, Register register) {
    SettingsBefore settings =
        new SettingsBefore(step.hands().on(register.machine()), step.migration());
    try (RedisServer redis = step.redis().open(register)) {
      String role = redis.info("replication").get("role") + (redis.fenced() ? ", fenced" : "");
      settings.record(redis);
      return role;
    } catch (StepFailure down) {
      if (answers(step, register)) {
        throw down;
      }
      return "does not answer";
    }
  }

  /** What could not be recorded of a Redis that answers is no reason to go on. */
  private static boolean answers(StepContext step, Register register) {
    try (RedisServer redis = step.redis().open(register)) {
      return !redis.info("replication").isEmpty();
    } catch (StepFailure down) {
      return false;
    }
  }
}
