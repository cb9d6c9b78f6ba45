package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.platform.StepFailure;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A real nginx without workers, beside which a register is or is not busy. */
class RegistrationHoldTest {

  private final SandboxRegister source = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final String migration = UUID.randomUUID().toString();
  private final Path directory = Path.of(RegistrationHold.directory(migration));
  private final RegistrationHold hold =
      new RegistrationHold(source.shell(), "pryv_reverse_proxy_1", migration);

  @AfterEach
  void remove() {
    hold.remove();
    source.close();
  }

  private void lay() {
    StringBuilder text = new StringBuilder("daemon off; worker_processes 0; pid DIR/pid;\n");
    text.append("error_log DIR/error.log; events {} http { access_log off; server {\n");
    for (int i = 0; i < RegistrationHold.SOCKETS; i++) {
      text.append("listen unix:DIR/").append(i).append(" backlog=8;\n");
    }
    hold.lay(text.append("} }\n").toString().replace("DIR", directory.toString()));
  }

  private ProcessHandle holder() throws Exception {
    return ProcessHandle.of(Long.parseLong(Files.readString(directory.resolve("pid")).strip()))
        .orElseThrow();
  }

  @Test
  void itHoldsUntilItIsLedSomewhereAndLeavesNothing() throws Exception {
    assertThat(hold.laid()).isFalse();
    lay();
    assertThat(hold.laid()).isTrue();
    try (ServerSocket register = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      hold.begin(register.getLocalPort());
      ProcessHandle holder = holder();
      assertThat(directory.resolve("fenced")).exists();

      hold.begin(register.getLocalPort());
      assertThat(holder()).as("a rerun goes on with what is there").isEqualTo(holder);

      hold.leadToNewWriter();
      holder.onExit().get();
      assertThat(directory.resolve("moved")).exists();
      hold.remove();
      assertThat(directory).doesNotExist();
      hold.remove();
    }
  }

  @Test
  void whatIsLedBackFindsNoFence() throws Exception {
    lay();
    try (ServerSocket register = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      hold.begin(register.getLocalPort());
    }
    ProcessHandle holder = holder();
    hold.leadToOldWriter();
    holder.onExit().get();
    assertThat(directory.resolve("fenced")).doesNotExist();
    assertThat(directory.resolve("moved")).doesNotExist();
  }

  @Test
  void aRequestThatStaysAtTheRegisterEndsTheHoldBeforeAnythingIsFenced() throws Exception {
    lay();
    try (ServerSocket register = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket request = new Socket(InetAddress.getLoopbackAddress(), register.getLocalPort())) {
      assertThat(request.isConnected()).isTrue();
      assertThatThrownBy(() -> hold.begin(register.getLocalPort()))
          .isInstanceOf(StepFailure.class)
          .hasMessageContaining("a request has been at the register for 3 s");
    }
    assertThat(directory.resolve("fenced")).doesNotExist();
    assertThat(directory.resolve("pid")).doesNotExist();
  }

  @Test
  void aContainerMadeAnewIsTold() {
    assertThatThrownBy(() -> hold.begin(9000))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("it was not laid there, or the container was made anew");
  }
}
