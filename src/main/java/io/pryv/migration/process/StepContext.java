package io.pryv.migration.process;

import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.Journal;
import io.pryv.migration.machine.KnownServer;
import io.pryv.migration.machine.LeaseHolder;
import io.pryv.migration.machine.RegistrationHold;
import io.pryv.migration.machine.RemoteFiles;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.redis.RedisDoor;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a step knows of its migration. */
public interface StepContext {

  /** Variable: by what dest is known, as preflight or a later look at its files found it. */
  String DEST_IDENTITY = "destIdentity";

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

  /**
   * The same probe, which believes an answer at dest's address of nobody but dest. To be made in
   * the step's own thread; it may be used in others.
   */
  default HttpsProbe knowingDest(HttpsProbe https) {
    Register dest = dest();
    RemoteFiles files = hands().files(dest.machine());
    String domain = platform().domain();
    return new KnownServer(
        https,
        dest.machine().publicAddress(),
        find(DEST_IDENTITY, ServerIdentity.class),
        () -> ServerIdentity.of(files, dest, domain));
  }

  /** What registrations wait in, in a register's nginx. */
  default RegistrationHold registrationHold(Register register) {
    return new RegistrationHold(
        hands().on(register.machine()), register.layout().nginxContainer(), migration());
  }

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
