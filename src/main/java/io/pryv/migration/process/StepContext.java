package io.pryv.migration.process;

import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Journal;
import io.pryv.migration.machine.LeaseHolder;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.redis.RedisDoor;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a step knows of its migration. */
public interface StepContext {

  /** The migration's id (the process instance's), safe in file names. */
  String migration();

  Platform platform();

  Register source();

  Register dest();

  /** Source's slaves that answer DNS. */
  List<Register> sourceSlaves();

  List<Register> destSlaves();

  /** How this step is named in the lease of a machine that it changes. */
  LeaseHolder holder();

  /** Shells whose changes are under the machine's lease, and journalled under this step. */
  Hands hands();

  /** Opens the Redis of a register, with this step's hands. */
  RedisDoor redis();

  Journal journal();

  /** A typed variable that an earlier step put, if any. Values are stored as JSON. */
  <T> Optional<T> find(String name, Class<T> type);

  /** Like {@link #find}; its absence is an error of ours, worded for the operator. */
  <T> T get(String name, Class<T> type);

  /** Keeps a value (a record, number, string, boolean or Instant) for later steps and gateways. */
  void put(String name, Object value);

  /** Keeps Markdown of any length, which the forms show under this name and the report lists. */
  void evidence(String name, String markdown);

  /** Says in one line what this step found or did ("already done: …"); shown in the report. */
  void say(String line);

  /** When the cold window must be over, once it has begun. */
  Optional<Instant> outageDeadline();
}
