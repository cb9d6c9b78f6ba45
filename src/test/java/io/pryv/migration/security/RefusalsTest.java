package io.pryv.migration.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.web.firewall.RequestRejectedException;

@ExtendWith(OutputCaptureExtension.class)
class RefusalsTest {

  private final Refusals refusals =
      new Refusals(new DoorProperties(Set.of("localhost"), null, null));
  private final MockHttpServletResponse response = new MockHttpServletResponse();

  @Test
  void aStrangersTextIsOneLineOfTheLog(CapturedOutput log) throws Exception {
    MockHttpServletRequest request =
        new MockHttpServletRequest(
            "GET", "/x\r\n2026 INFO login of admin\u001b[2J\u2028" + "y".repeat(9000));

    refusals.handle(request, response, new AccessDeniedException("no\nway"));

    assertThat(response.getStatus()).isEqualTo(403);
    assertThat(log.getOut().trim().lines()).hasSize(1);
    assertThat(log.getOut()).hasSizeLessThan(1000).doesNotContain("\u001b[2J");
  }

  @Test
  void aForeignHostIsToldWithTheSettingThatAllowsIt(CapturedOutput log) throws Exception {
    MockHttpServletRequest request = new MockHttpServletRequest("GET", "/");
    request.setServerName("rebound.example");

    refusals.handle(request, response, new RequestRejectedException("a secret header"));

    assertThat(response.getStatus()).isEqualTo(400);
    assertThat(log.getOut())
        .contains("rebound.example", "migration.door.hosts")
        .doesNotContain("a secret header");
  }
}
