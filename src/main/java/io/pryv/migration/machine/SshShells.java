package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import net.schmizz.keepalive.KeepAliveProvider;
import net.schmizz.sshj.Config;

/**
 * Shells over SSH: one connection for each machine, opened at its first use, shared by all threads,
 * opened again after a loss. Only host keys that are pinned in the known_hosts file are accepted.
 */
public final class SshShells implements Shells, AutoCloseable {

  /** A peer that leaves three in a row unanswered is dead. */
  private static final Duration KEEP_ALIVE_PERIOD = Duration.ofSeconds(5);

  /** For each step of connecting, and for opening a channel. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);

  private final Config modern = SshAlgorithms.modern();
  private final Config withWeak = SshAlgorithms.withWeak();
  private final Path knownHosts;
  private final Duration keepAlivePeriod;
  private final Duration answerTimeout;
  private final Map<Machine, SshConnection> connections = new ConcurrentHashMap<>();

  /**
   * Shells on machines whose host keys stand in that file.
   *
   * @param knownHosts on the machine this program runs on, in OpenSSH's format
   */
  public SshShells(Path knownHosts) {
    this(knownHosts, KEEP_ALIVE_PERIOD, ANSWER_TIMEOUT);
  }

  SshShells(Path knownHosts, Duration keepAlivePeriod, Duration answerTimeout) {
    this.knownHosts = knownHosts;
    this.keepAlivePeriod = keepAlivePeriod;
    this.answerTimeout = answerTimeout;
    // The default heartbeat never notices a dead peer.
    modern.setKeepAliveProvider(KeepAliveProvider.KEEP_ALIVE);
    withWeak.setKeepAliveProvider(KeepAliveProvider.KEEP_ALIVE);
  }

  @Override
  public Shell to(Machine machine) {
    return new SshShell(
        machine,
        connections.computeIfAbsent(
            machine,
            unseen ->
                new SshConnection(
                    unseen.weakAlgorithms() ? withWeak : modern,
                    unseen,
                    pinnedHosts(unseen),
                    keepAlivePeriod,
                    answerTimeout)));
  }

  /** Closes every connection; the next command opens a new one. */
  @Override
  public void close() {
    connections.values().forEach(SshConnection::close);
  }

  private Path pinnedHosts(Machine machine) {
    if (!Files.isReadable(knownHosts)) {
      throw new StepFailure(
          machine.name(),
          knownHosts.toString(),
          "a readable known_hosts file with the machines' host keys",
          Files.exists(knownHosts) ? "a file this program may not read" : "no such file",
          "make it with ssh-keyscan, compare the fingerprints with the machines' own, name it in"
              + " the platform file");
    }
    return knownHosts;
  }
}
