package io.pryv.migration.services;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.FakeHttps;
import io.pryv.migration.machine.FileUndo;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.redis.DestData;
import io.pryv.migration.redis.FakeRedis;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RoleFile;

/**
 * Two registers in sandboxes, source with one user, whose services answer while their containers
 * run.
 */
final class PracticePlatform implements AutoCloseable {

  static final String DOMAIN = "pryv.lab";
  static final String BROUGHT = ".register-migration-incoming/appendonly.aof";
  static final String RESERVED = "{\"reserved\":true}";

  final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  final SandboxRegister dest = new SandboxRegister(SandboxShell.of(Role.DEST));
  final SandboxHands hands = new SandboxHands(source.shell(), dest.shell());
  final FakeRedis sourceRedis =
      new FakeRedis("source").fixture("co1.pryv.lab").user("alice", "alice@pryv.lab", "co1");
  final FakeRedis destRedis = new FakeRedis("dest").fixture("co2.pryv.lab");
  final FakeHttps https = new FakeHttps().answers("127.0.0.1", RESERVED);
  final FakeDns dns =
      new FakeDns().answers("127.0.0.1", "wactiv." + DOMAIN, "A", "CNAME co1.pryv.lab");
  final RedisDoor door = FakeRedis.door(sourceRedis, destRedis);
  final SignsOfLife signs = new SignsOfLife(DOMAIN, https, dns, door);

  Containers containers(SandboxRegister register) {
    return Containers.of(hands, register.register(), SandboxRegister.MIGRATION);
  }

  Shell shell(SandboxRegister register) {
    return hands.on(register.shell().machine());
  }

  FileUndo undo(SandboxRegister register) {
    return new FileUndo(
        register.shell().machine().name(),
        hands.files(register.shell().machine()),
        hands.journal());
  }

  DestData destData() {
    return new DestData(shell(dest), dest.register(), SandboxRegister.MIGRATION);
  }

  /** Dest refuses writes, what it holds by itself is kept, and source's data was brought. */
  void bring() {
    dest.dataFile("appendonly.aof", "dest's own");
    new RoleFile(hands, dest.register()).fenced();
    destRedis.fence();
    destRedis.says("rdb_bgsave_in_progress", "0");
    destData().keep(door);
    dest.dataFile(BROUGHT, "set alice");
  }

  /** Dest's Redis runs on what was brought, as the writer. */
  void elect() {
    destData().proven().note();
    destData().proven().use();
    new RoleFile(hands, dest.register()).writer();
    destData().takeOver(containers(dest));
    destRedis.liftFence();
  }

  /** How many changing commands and edits there have been on both machines. */
  int changes() {
    return source.shell().changes().size() + dest.shell().changes().size();
  }

  @Override
  public void close() {
    source.close();
    dest.close();
  }
}
