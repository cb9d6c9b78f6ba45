package io.pryv.migration.machine;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.Semaphore;
import javax.net.SocketFactory;
import jdk.net.ExtendedSocketOptions;
import net.schmizz.keepalive.KeepAliveRunner;
import net.schmizz.sshj.Config;
import net.schmizz.sshj.SSHClient;
import net.schmizz.sshj.common.Buffer;
import net.schmizz.sshj.common.DisconnectReason;
import net.schmizz.sshj.common.KeyType;
import net.schmizz.sshj.common.SSHException;
import net.schmizz.sshj.transport.verification.OpenSSHKnownHosts;
import net.schmizz.sshj.userauth.UserAuthException;
import net.schmizz.sshj.userauth.keyprovider.KeyProvider;

/** The one SSH connection to a machine. */
final class SshConnection {

  private static final int KEEP_ALIVES_UNANSWERED = 3;

  /** sshd's MaxSessions is 10 unless configured; some are left to others. */
  private static final int SESSIONS_AT_ONCE = 8;

  /** How sshj begins to say that it has no algorithm in common with the peer. */
  private static final String NOTHING_IN_COMMON = "Unable to reach a settlement";

  private final Config config;
  private final Machine machine;
  private final Path knownHosts;
  private final Duration keepAlivePeriod;
  private final Duration answerTimeout;
  private final Semaphore sessions = new Semaphore(SESSIONS_AT_ONCE, /* fair= */ true);
  private SSHClient client;

  SshConnection(
      Config config,
      Machine machine,
      Path knownHosts,
      Duration keepAlivePeriod,
      Duration answerTimeout) {
    this.config = config;
    this.machine = machine;
    this.knownHosts = knownHosts;
    this.keepAlivePeriod = keepAlivePeriod;
    this.answerTimeout = answerTimeout;
  }

  Semaphore sessions() {
    return sessions;
  }

  /** The connection, opened if there is none that lives. */
  synchronized SSHClient open() {
    if (client != null && client.isConnected() && client.isAuthenticated()) {
      return client;
    }
    close();
    client = connect();
    return client;
  }

  /** Gives up a connection that has proven dead; one opened by somebody else since then stays. */
  synchronized void discard(SSHClient dead) {
    if (client == dead) {
      close();
    }
  }

  synchronized void close() {
    if (client != null) {
      closeQuietly(client);
      client = null;
    }
  }

  private SSHClient connect() {
    SSHClient fresh = new SSHClient(config);
    PinnedHosts pinned = null;
    boolean connected = false;
    try {
      KeyProvider key = privateKey(fresh);
      pinned = new PinnedHosts(knownHosts);
      SwiftSockets sockets = new SwiftSockets();
      fresh.setSocketFactory(sockets);
      fresh.addHostKeyVerifier(pinned);
      int timeoutMs = (int) answerTimeout.toMillis();
      fresh.setConnectTimeout(timeoutMs);
      fresh.setTimeout(timeoutMs);
      fresh.getTransport().setTimeoutMs(timeoutMs);
      fresh.getConnection().setTimeoutMs(timeoutMs);
      KeepAliveRunner keepAlive = (KeepAliveRunner) fresh.getConnection().getKeepAlive();
      keepAlive.setKeepAliveInterval((int) keepAlivePeriod.toSeconds());
      keepAlive.setMaxAliveCount(KEEP_ALIVES_UNANSWERED);
      fresh.connect(machine.host(), machine.port());
      fresh.authPublickey(machine.user(), key);
      // From here the keep-alives tell a dead peer from a slow command.
      sockets.last.setSoTimeout(0);
      connected = true;
      return fresh;
    } catch (IOException e) {
      throw told(e, pinned);
    } finally {
      if (!connected) {
        closeQuietly(fresh);
      }
    }
  }

  private KeyProvider privateKey(SSHClient fresh) {
    Path file = Path.of(machine.keyFile());
    String next = "name a private key that this program can use in the platform file";
    if (!Files.isReadable(file)) {
      throw new StepFailure(
          machine.name(),
          machine.keyFile(),
          "the private key that logs in as " + machine.user(),
          Files.exists(file) ? "a file this program may not read" : "no such file",
          next);
    }
    try {
      KeyProvider key = fresh.loadKeys(machine.keyFile());
      key.getPrivate();
      key.getPublic();
      return key;
    } catch (IOException | RuntimeException e) {
      throw new StepFailure(
          machine.name(),
          machine.keyFile(),
          "a private key without passphrase (ed25519 or RSA)",
          encrypted(file)
              ? "a key with a passphrase"
              : "no key that can be read: " + e.getMessage(),
          next + "; nothing was touched",
          e);
    }
  }

  private static boolean encrypted(Path file) {
    try {
      String text = Files.readString(file);
      if (text.contains("ENCRYPTED")) {
        return true;
      }
      if (!text.contains("BEGIN OPENSSH PRIVATE KEY")) {
        return false;
      }
      // PROTOCOL.key: magic, then the cipher's name, "none" for a key without passphrase.
      String body = text.replaceAll("-----[^-]*-----|\\s", "");
      byte[] head = Base64.getMimeDecoder().decode(body);
      return !new String(head, 15, 8, StandardCharsets.ISO_8859_1).endsWith("none");
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  private StepFailure told(IOException e, PinnedHosts pinned) {
    String about = "ssh to %s@%s port %d".formatted(machine.user(), machine.host(), machine.port());
    if (pinned != null && pinned.refused != null) {
      String seen = fingerprint(pinned.refused);
      return pinned.changed
          ? new StepFailure(
              machine.name(),
              about,
              "the host key pinned in " + knownHosts,
              "another one ("
                  + seen
                  + "): this is not the machine that was pinned, or it got new"
                  + " keys",
              "find out which; if the machine got new keys, replace its line in " + knownHosts,
              e)
          : new StepFailure(
              machine.name(),
              about,
              "a host key pinned in " + knownHosts,
              "no line for " + hostEntry() + "; the machine shows " + seen,
              "compare that with `ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub` on the machine, then"
                  + " add the key to "
                  + knownHosts,
              e);
    }
    if (e instanceof UnknownHostException) {
      return new StepFailure(
          machine.name(),
          about,
          "a host name that resolves, or an address",
          "unknown host " + machine.host(),
          "correct the machine's host in the platform file",
          e);
    }
    if (e instanceof ConnectException || e instanceof NoRouteToHostException) {
      return new ConnectionLost(machine.name(), about, e.getMessage(), e);
    }
    if (e instanceof SocketTimeoutException) {
      return new ConnectionLost(
          machine.name(), about, "no answer within " + answerTimeout.toSeconds() + " s", e);
    }
    if (e instanceof UserAuthException) {
      return new StepFailure(
          machine.name(),
          about,
          "a login with the key " + machine.keyFile(),
          "the machine refuses that user with that key",
          "add the key's public half to ~"
              + machine.user()
              + "/.ssh/authorized_keys there, or"
              + " correct user or key in the platform file",
          e);
    }
    if (e instanceof SSHException ssh
        && (ssh.getDisconnectReason() == DisconnectReason.KEY_EXCHANGE_FAILED
            || String.valueOf(ssh.getMessage()).startsWith(NOTHING_IN_COMMON))) {
      return new StepFailure(
          machine.name(),
          about,
          machine.weakAlgorithms()
              ? "an SSH algorithm that both sides know"
              : "modern SSH algorithms (" + SshAlgorithms.REFUSED + ")",
          e.getMessage(),
          machine.weakAlgorithms()
              ? "see which algorithms the machine's sshd allows"
              : "let the machine's sshd offer some that OpenSSH has by itself (Ciphers, MACs,"
                  + " KexAlgorithms, HostKeyAlgorithms of sshd_config), or, for a machine that has"
                  + " nothing better, set weakAlgorithms: true for it in the platform file",
          e);
    }
    return new ConnectionLost(machine.name(), about, String.valueOf(e.getMessage()), e);
  }

  /** Type and SHA-256, as {@code ssh-keygen -l} shows a key. */
  static String fingerprint(PublicKey key) {
    byte[] blob = new Buffer.PlainBuffer().putPublicKey(key).getCompactData();
    return "%s SHA256:%s"
        .formatted(
            KeyType.fromKey(key),
            Base64.getEncoder().withoutPadding().encodeToString(sha256(blob)));
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  private String hostEntry() {
    return machine.port() == 22
        ? machine.host()
        : "[%s]:%d".formatted(machine.host(), machine.port());
  }

  private static void closeQuietly(SSHClient client) {
    try {
      client.close();
    } catch (IOException e) {
      // It was to go away.
    }
  }

  /** Remembers which key it refused, and why, so that the operator can be told. */
  private static final class PinnedHosts extends OpenSSHKnownHosts {
    private PublicKey refused;
    private boolean changed;

    PinnedHosts(Path file) throws IOException {
      super(file.toFile());
    }

    @Override
    protected boolean hostKeyUnverifiableAction(String host, PublicKey key) {
      refused = key;
      return false;
    }

    @Override
    protected boolean hostKeyChangedAction(String host, PublicKey key) {
      refused = key;
      changed = true;
      return false;
    }
  }

  /** Makes the sockets for a connection, and keeps the one it made. */
  private static final class SwiftSockets extends SocketFactory {
    private Socket last;

    @Override
    public Socket createSocket() throws IOException {
      last = new SwiftSocket();
      last.setTcpNoDelay(true);
      return last;
    }

    @Override
    public Socket createSocket(String host, int port) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress from, int fromPort) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) {
      throw new UnsupportedOperationException();
    }
  }

  /**
   * A socket that acknowledges at once. sshd holds the last part of an answer back until what it
   * sent before is acknowledged (Nagle), which Linux delays by 40 ms: each longer answer would cost
   * that much.
   */
  private static final class SwiftSocket extends Socket {

    @Override
    public InputStream getInputStream() throws IOException {
      InputStream in = super.getInputStream();
      return supportedOptions().contains(ExtendedSocketOptions.TCP_QUICKACK)
          ? new AcknowledgedAtOnce(this, in)
          : in;
    }
  }

  private static final class AcknowledgedAtOnce extends FilterInputStream {
    private final Socket socket;

    AcknowledgedAtOnce(Socket socket, InputStream in) {
      super(in);
      this.socket = socket;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      // Linux forgets the option by itself.
      socket.setOption(ExtendedSocketOptions.TCP_QUICKACK, true);
      return in.read(buffer, offset, length);
    }
  }
}
