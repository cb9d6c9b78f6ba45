package io.pryv.migration.transfer;

import io.pryv.migration.machine.Containers;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.SshdProcess;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.Register;
import io.pryv.migration.redis.DestData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Source and dest in sandboxes, with a real sshd before source: rsync and its key are the real
 * ones.
 */
final class TransferPlatform implements AutoCloseable {

  static final Duration LONG = Duration.ofSeconds(3);

  final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  final SandboxRegister dest = new SandboxRegister(SandboxShell.of(Role.DEST));
  final SandboxHands hands = new SandboxHands(source.shell(), dest.shell());
  private final SshdProcess sshd = SshdProcess.start();

  TransferPlatform() {
    // The real sshd reads the sandbox's authorized_keys, and names the host key that it shows.
    try {
      Path accepted = sshd.directory().resolve("authorized_keys");
      Files.delete(accepted);
      Files.createSymbolicLink(accepted, authorizedKeys());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    source.shell().stub("sshd", "echo hostkey %s/host".formatted(sshd.directory()));
  }

  /** Source as dest reaches it. */
  Register sourceRegister() {
    Machine machine = source.shell().machine();
    return new Register(
        new Machine(
            machine.role(),
            machine.name(),
            machine.host(),
            sshd.port(),
            System.getProperty("user.name"),
            machine.keyFile(),
            machine.confRoot(),
            "127.0.0.1"),
        source.register().layout());
  }

  Path authorizedKeys() {
    return source.shell().home().resolve(".ssh/authorized_keys");
  }

  Path key() {
    return dest.work().resolve("transfer_key");
  }

  TransferKey key(String type) {
    return new TransferKey(
        hands, sourceRegister(), dest.register(), SandboxRegister.MIGRATION, type);
  }

  Sync sync() {
    return new Sync(onDest(), sourceRegister(), dest.register(), SandboxRegister.MIGRATION);
  }

  DestData destData() {
    return new DestData(onDest(), dest.register(), SandboxRegister.MIGRATION);
  }

  /** What rsync has brought. */
  Path incoming() {
    return Path.of(DestData.incoming(dest.register()));
  }

  Shell onSource() {
    return hands.on(source.shell().machine());
  }

  Shell onDest() {
    return hands.on(dest.shell().machine());
  }

  Containers containers(SandboxRegister register) {
    return Containers.of(hands, register.register(), SandboxRegister.MIGRATION);
  }

  int changes() {
    return source.shell().changes().size() + dest.shell().changes().size();
  }

  @Override
  public void close() {
    sshd.close();
    source.close();
    dest.close();
  }
}
