package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.lab.standin.FreePort;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SshShellsTest {

  private final SshdProcess sshd = SshdProcess.start();
  private final SshShells shells =
      new SshShells(sshd.knownHosts(), Duration.ofSeconds(1), Duration.ofSeconds(4));

  @AfterEach
  void stop() {
    shells.close();
    sshd.close();
  }

  @Test
  void givesOutputErrorsAndExitCode() {
    CommandResult result = run("echo 'out: it'\\''s \"$HOME\"'; echo err >&2; exit 3");
    assertThat(result.output()).isEqualTo("out: it's \"$HOME\"\n");
    assertThat(result.errors()).isEqualTo("err\n");
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(run("kill -9 $$").exitCode()).isEqualTo(137);
  }

  @Test
  void valuesPassUnchangedWhateverIsInThem() {
    String value = "a b'c\"d$(reboot)`x`\\e\n\tf;g&h|i*?~é€😀!#";
    assertThat(run("printf %s " + Quote.sh(value)).output()).isEqualTo(value);
    String input = value.repeat(50_000) + "\n\n";
    assertThat(shell().run(Command.look("copy", "cat").withInput(input)).output()).isEqualTo(input);
  }

  @Test
  void aScriptMayBeLongAndLeaveItsInputUnread() {
    String script = ": " + "x".repeat(300_000) + "\necho done";
    assertThat(shell().run(Command.look("long", script).withInput("y".repeat(5 << 20))).output())
        .isEqualTo("done\n");
  }

  @Test
  void outputThatIsNotUtf8IsReplacedNotRefused() {
    assertThat(run("printf 'a\\377b'").output()).isEqualTo("a\uFFFDb");
  }

  @Test
  void moreOutputThanAStepCanReadIsAFailure() {
    assertThat(run("head -c 8000000 /dev/zero | tr '\\0' x").output()).hasSize(8_000_000);
    assertThatThrownBy(() -> run("head -c 9000000 /dev/zero | tr '\\0' x; exit 5"))
        .isExactlyInstanceOf(StepFailure.class)
        .hasMessageContaining("at most 8 MiB")
        .hasMessageContaining("exit code 5");
  }

  @Test
  void aLateScriptIsEndedOnTheMachineToo() {
    Path alive = sshd.directory().resolve("alive");
    Command late =
        Command.change("wait", "while sleep 0.2; do touch " + alive + "; done")
            .within(Duration.ofSeconds(1));
    assertThatThrownBy(() -> shell().run(late))
        .isExactlyInstanceOf(StepFailure.class)
        .hasMessageContaining("an end within 1 s");
    assertThat(run("rm -f " + alive + "; sleep 0.6; ls " + alive).exitCode()).isNotZero();
  }

  @Test
  void aDroppedConnectionIsToldAndTheNextCommandConnectsAgain() {
    Path begun = sshd.directory().resolve("begun");
    CompletableFuture<CommandResult> running =
        CompletableFuture.supplyAsync(() -> run("touch " + begun + "; sleep 20"));
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> Files.exists(begun));
    sshd.dropConnections();
    assertThatThrownBy(running::join).hasCauseInstanceOf(ConnectionLost.class);
    assertThat(run("echo again").output()).isEqualTo("again\n");
  }

  @Test
  void aConnectionThatDiedBetweenTwoCommandsIsNotNoticed() {
    run("true");
    sshd.halt();
    sshd.boot();
    assertThat(run("echo again").output()).isEqualTo("again\n");
  }

  @Test
  void aPeerThatFallsSilentIsGivenUp() throws IOException {
    try (FreezableProxy proxy = new FreezableProxy(sshd.port())) {
      Files.writeString(
          sshd.knownHosts(),
          "[127.0.0.1]:"
              + proxy.port()
              + " "
              + Files.readString(sshd.directory().resolve("host.pub")));
      Shell shell = shells.to(with(sshd.machine(), "127.0.0.1", proxy.port(), null, null));
      shell.run(Command.look("connect", "true"));
      proxy.freeze();
      long began = System.nanoTime();
      assertThatThrownBy(() -> shell.run(Command.look("wait", "sleep 25")))
          .isInstanceOf(ConnectionLost.class);
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
    }
  }

  @Test
  void commandsOfManyThreadsShareTheConnection() {
    ExecutorService threads = Executors.newFixedThreadPool(20);
    List<CompletableFuture<String>> answers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String number = String.valueOf(i);
      answers.add(
          CompletableFuture.supplyAsync(
              () -> run("sleep 0.2; echo " + number + " $SSH_CONNECTION").output(), threads));
    }
    assertThat(answers.stream().map(CompletableFuture::join).distinct().count()).isEqualTo(20);
    assertThat(answers.stream().map(answer -> answer.join().replaceFirst("^[0-9]+ ", "")))
        .containsOnly(answers.get(0).join().substring(2));
    threads.shutdown();
  }

  @Test
  void anSshdThatAllowsOneSessionAtATimeIsEnough() {
    try (SshdProcess strict = SshdProcess.start("MaxSessions 1");
        SshShells toStrict = new SshShells(strict.knownHosts())) {
      Shell shell = toStrict.to(strict.machine());
      ExecutorService threads = Executors.newFixedThreadPool(4);
      List<CompletableFuture<CommandResult>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(
            CompletableFuture.supplyAsync(
                () -> shell.run(Command.look("wait", "sleep 0.3")), threads));
      }
      assertThat(all).allSatisfy(one -> assertThat(one.join().succeeded()).isTrue());
      threads.shutdown();
    }
    try (SshdProcess closed = SshdProcess.start("MaxSessions 0");
        SshShells toClosed = new SshShells(closed.knownHosts())) {
      Command look = Command.look("look", "true").within(Duration.ofMillis(200));
      assertThatThrownBy(() -> toClosed.to(closed.machine()).run(look))
          .isExactlyInstanceOf(StepFailure.class)
          .hasMessageContaining("MaxSessions");
    }
  }

  @Test
  void anAddressThatNeverAnswersIsToldAndRunningCommandsGoOn() throws IOException {
    run("true");
    ExecutorService threads = Executors.newSingleThreadExecutor();
    CompletableFuture<CommandResult> running =
        CompletableFuture.supplyAsync(() -> run("sleep 5; echo on"), threads);
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket first = new Socket(InetAddress.getLoopbackAddress(), full.getLocalPort());
        Socket second = new Socket(InetAddress.getLoopbackAddress(), full.getLocalPort())) {
      assertThat(first.isConnected() && second.isConnected()).isTrue();
      assertThatThrownBy(() -> shell().connect("127.0.0.1", full.getLocalPort()).close())
          .isExactlyInstanceOf(StepFailure.class)
          .hasMessageContaining("127.0.0.1:" + full.getLocalPort())
          .hasMessageContaining("no answer");
    }
    assertThat(running.join().output()).isEqualTo("on\n");
    threads.shutdown();
  }

  @Test
  void aJobOutlivesTheConnectionThatLaunchedIt(@TempDir Path home) {
    try (SshdProcess machine = SshdProcess.start("SetEnv HOME=" + home);
        SshShells toMachine = new SshShells(machine.knownHosts())) {
      Shell shell = toMachine.to(machine.machine());
      DetachedJob job = new DetachedJob(shell, "m-1", "sync", "sync");
      job.launch("until [ -e '" + home + "/go' ]; do sleep 0.1; done; echo synced; exit 5");
      machine.dropConnections();
      assertThat(job.look(Duration.ZERO).running()).isTrue();
      shell.run(Command.look("let it end", "touch '" + home + "/go'"));
      assertThat(job.look(Duration.ofSeconds(3)))
          .isEqualTo(new DetachedJob.Status(DetachedJob.State.ENDED, 5, "synced\n"));
    }
  }

  @Test
  void anSshdThatForbidsForwardingIsTold() throws IOException {
    try (SshdProcess strict = SshdProcess.start("AllowTcpForwarding no");
        SshShells toStrict = new SshShells(strict.knownHosts())) {
      assertThatThrownBy(() -> toStrict.to(strict.machine()).connect("127.0.0.1", 1).close())
          .isExactlyInstanceOf(StepFailure.class)
          .hasMessageContaining("AllowTcpForwarding");
    }
  }

  @Test
  void talksToWhatListensOnTheMachine() throws IOException {
    try (ServerSocket echo = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket socket = shell().connect("127.0.0.1", echo.getLocalPort());
        Socket peer = echo.accept()) {
      socket.getOutputStream().write("ping".getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      assertThat(peer.getInputStream().readNBytes(4)).asString().isEqualTo("ping");
      peer.getOutputStream().write("pong".getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().readNBytes(4)).asString().isEqualTo("pong");
      socket.setSoTimeout(300);
      assertThatThrownBy(() -> socket.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class)
          .hasMessageContaining("300 ms");
      assertThat(socket.isClosed()).isTrue();
    }
  }

  @Test
  void nothingListeningOnTheMachineIsToldWithTheAddress() throws IOException {
    int free = FreePort.next();
    assertThatThrownBy(() -> shell().connect("127.0.0.1", free).close())
        .isExactlyInstanceOf(StepFailure.class)
        .hasMessageContaining("127.0.0.1:" + free);
  }

  @Test
  void anUnknownHostKeyIsRefusedWithItsFingerprint() throws IOException {
    Files.writeString(sshd.knownHosts(), "");
    assertThatThrownBy(() -> run("true"))
        .isExactlyInstanceOf(StepFailure.class)
        .hasMessageContaining("no line for [127.0.0.1]:" + sshd.port());
  }

  @Test
  void anotherHostKeyThanThePinnedOneIsRefused() {
    sshd.key("other", "ed25519", "");
    sshd.pinHostKey("other");
    assertThatThrownBy(() -> run("true"))
        .isExactlyInstanceOf(StepFailure.class)
        .hasMessageContaining("the host key pinned in " + sshd.knownHosts())
        .hasMessageContaining("another one");
  }

  @Test
  void aRevokedHostKeyIsRefused() throws IOException {
    Files.writeString(sshd.knownHosts(), "@revoked " + Files.readString(sshd.knownHosts()));
    assertThatThrownBy(() -> run("true")).isExactlyInstanceOf(StepFailure.class);
  }

  @Test
  void aWrongKeyAUnknownUserAClosedPortAndAnUnknownHostAreEachTold() throws IOException {
    Machine machine = sshd.machine();
    String other = sshd.key("other", "ed25519", "").toString();
    assertTold(with(machine, null, 0, null, other), "refuses that user with that key");
    assertTold(with(machine, null, 0, "nobody-here", null), "refuses that user with that key");
    assertTold(with(machine, "no-such-host.invalid", 0, null, null), "unknown host");
    assertThatThrownBy(
            () ->
                shells
                    .to(with(machine, null, FreePort.next(), null, null))
                    .run(Command.look("", "true")))
        .isInstanceOf(ConnectionLost.class)
        .hasMessageContaining("Connection refused");
  }

  @Test
  void aKeyWithAPassphraseIsToldBeforeTheMachineIsReached() {
    sshd.halt();
    for (String key :
        List.of(
            sshd.key("ed25519", "ed25519", "secret").toString(),
            sshd.key("rsa", "rsa", "secret", "-b", "2048").toString(),
            sshd.key("pem", "rsa", "secret", "-b", "2048", "-m", "PEM").toString())) {
      assertTold(with(sshd.machine(), null, 0, null, key), "a key with a passphrase");
    }
    assertTold(
        with(sshd.machine(), null, 0, null, sshd.knownHosts().toString()), "no key that can be");
    assertTold(with(sshd.machine(), null, 0, null, "/no/such/key"), "no such file");
  }

  @Test
  void anRsaKeyServesToo() throws IOException {
    for (String format : List.of("RFC4716", "PEM")) {
      Path key = sshd.key("rsa" + format, "rsa", "", "-b", "2048", "-m", format);
      Files.copy(
          Path.of(key + ".pub"),
          sshd.directory().resolve("authorized_keys"),
          StandardCopyOption.REPLACE_EXISTING);
      assertThat(
              shells
                  .to(with(sshd.machine(), null, 0, null, key.toString()))
                  .run(Command.look("", "true"))
                  .exitCode())
          .isZero();
    }
  }

  @Test
  void aMissingKnownHostsFileIsTold() {
    assertThatThrownBy(() -> new SshShells(Path.of("/no/known_hosts")).to(sshd.machine()))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("/no/known_hosts");
  }

  private void assertTold(Machine machine, String words) {
    assertThatThrownBy(() -> shells.to(machine).run(Command.look("", "true")))
        .isExactlyInstanceOf(StepFailure.class)
        .hasMessageContaining(words);
  }

  private static Machine with(Machine machine, String host, int port, String user, String key) {
    return new Machine(
        machine.role(),
        machine.name(),
        host == null ? machine.host() : host,
        port == 0 ? machine.port() : port,
        user == null ? machine.user() : user,
        key == null ? machine.keyFile() : key,
        machine.confRoot(),
        machine.publicAddress());
  }

  private Shell shell() {
    return shells.to(sshd.machine());
  }

  private CommandResult run(String script) {
    return shell().run(Command.look("test", script));
  }

  /** Passes bytes on to a port until told to be silent, with the connections still open. */
  private static final class FreezableProxy implements AutoCloseable {
    private final ServerSocket server;
    private final List<Socket> sockets = new ArrayList<>();
    private volatile boolean frozen;

    FreezableProxy(int target) throws IOException {
      server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      Thread accepting =
          new Thread(
              () -> {
                try {
                  while (true) {
                    Socket from = server.accept();
                    Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
                    sockets.addAll(List.of(from, to));
                    pass(from, to);
                    pass(to, from);
                  }
                } catch (IOException e) {
                  // Closed.
                }
              });
      accepting.setDaemon(true);
      accepting.start();
    }

    int port() {
      return server.getLocalPort();
    }

    void freeze() {
      frozen = true;
    }

    private void pass(Socket from, Socket to) {
      Thread passing =
          new Thread(
              () -> {
                try {
                  InputStream in = from.getInputStream();
                  byte[] buffer = new byte[8192];
                  for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    if (!frozen) {
                      to.getOutputStream().write(buffer, 0, n);
                    }
                  }
                } catch (IOException e) {
                  // Closed.
                }
              });
      passing.setDaemon(true);
      passing.start();
    }

    @Override
    public void close() throws IOException {
      server.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }
}
