package io.pryv.migration.process;

import io.pryv.migration.machine.Hands;
import io.pryv.migration.machine.Journal;
import io.pryv.migration.machine.LeaseHolder;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.redis.RedisDoor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * A migration without an engine, for delegates: variables go through the same forms as the
 * engine's, so that what cannot be stored or read back fails here, too.
 */
public final class FakeStep implements StepContext {

  private final String migration;
  private final Platform platform;
  private final Hands hands;
  private final Journal journal;
  private final List<Register> registers;
  private final Map<String, Object> variables = new HashMap<>();
  private final Map<String, String> evidence = new HashMap<>();
  private final List<String> said = new ArrayList<>();
  private RedisDoor door;

  /**
   * A migration.
   *
   * @param registers of all machines of the platform that are used, found by role
   */
  public FakeStep(
      String migration, Platform platform, Hands hands, Journal journal, Register... registers) {
    this.migration = migration;
    this.platform = platform;
    this.hands = hands;
    this.journal = journal;
    this.registers = List.of(registers);
  }

  /** Steps reach Redis through that door. */
  public FakeStep reaching(RedisDoor servers) {
    door = servers;
    return this;
  }

  /** What a delegate is made with, so that it runs in this migration. */
  public StepContexts contexts() {
    return (execution, work) -> work.accept(this);
  }

  /** Runs a delegate once; gives what it said. */
  public String run(StepDelegate delegate) {
    said.clear();
    delegate.execute(null);
    return String.join("\n", said);
  }

  /** The evidence of that name, so far. */
  public String evidence(String name) {
    return evidence.getOrDefault(name, "");
  }

  @Override
  public String migration() {
    return migration;
  }

  @Override
  public Platform platform() {
    return platform;
  }

  @Override
  public Register source() {
    return one(platform.source().name());
  }

  @Override
  public Register dest() {
    return one(platform.dest().name());
  }

  @Override
  public List<Register> sourceSlaves() {
    return platform.sourceSlaves().stream().map(slave -> one(slave.name())).toList();
  }

  @Override
  public List<Register> destSlaves() {
    return platform.destSlaves().stream().map(slave -> one(slave.name())).toList();
  }

  @Override
  public LeaseHolder holder() {
    return new LeaseHolder(migration, "fake", 1, 1, platform.domain(), "test pid 1");
  }

  @Override
  public Hands hands() {
    return hands;
  }

  @Override
  public RedisDoor redis() {
    return door;
  }

  @Override
  public Journal journal() {
    return journal;
  }

  @Override
  public <T> Optional<T> find(String name, Class<T> type) {
    return Optional.ofNullable(variables.get(name))
        .map(variable -> Values.fromVariable(name, variable, type));
  }

  @Override
  public <T> T get(String name, Class<T> type) {
    return find(name, type).orElseThrow(() -> new NoSuchElementException("variable " + name));
  }

  @Override
  public void put(String name, Object value) {
    variables.put(name, Values.toVariable(value).getValue());
  }

  @Override
  public void evidence(String name, String markdown) {
    evidence.put(name, markdown);
  }

  @Override
  public void say(String line) {
    said.add(line);
  }

  @Override
  public Optional<Instant> outageDeadline() {
    return Optional.empty();
  }

  private Register one(String name) {
    return registers.stream()
        .filter(register -> register.machine().name().equals(name))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("register " + name));
  }
}
