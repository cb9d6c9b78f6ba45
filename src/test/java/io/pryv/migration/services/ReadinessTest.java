package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.services.Readiness.Check;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ReadinessTest {

  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(200);

  @Test
  void everyCheckIsRepeatedUntilItPasses() {
    AtomicInteger looks = new AtomicInteger();
    Map<String, Duration> answered =
        Readiness.after(
            () -> {},
            "dest",
            List.of(
                check("HTTPS", () -> looks.incrementAndGet() < 3 ? "status 502" : ""),
                check("DNS", () -> "")),
            LONG);
    assertThat(looks).hasValue(3);
    assertThat(answered.keySet()).containsExactly("HTTPS", "DNS");
    assertThat(answered.get("HTTPS")).isGreaterThan(answered.get("DNS"));
  }

  @Test
  void looksBeginBeforeTheStartHasReturned() {
    AtomicBoolean seen = new AtomicBoolean();
    Readiness.after(
        () -> {
          long deadline = System.nanoTime() + LONG.toNanos();
          while (!seen.get() && System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
          }
          assertThat(seen).isTrue();
        },
        "dest",
        List.of(
            check(
                "HTTPS",
                () -> {
                  seen.set(true);
                  return "";
                })),
        LONG);
  }

  @Test
  void whatDidNotAnswerInTimeIsNamedWithItsLastComplaint() {
    assertThatThrownBy(
            () ->
                Readiness.after(
                    () -> {},
                    "dest",
                    List.of(
                        check("HTTPS on 10.90.0.12", () -> "status 502"),
                        check("Redis on dest", () -> "")),
                    SHORT))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("HTTPS on 10.90.0.12: status 502")
        .hasMessageNotContaining("Redis on dest: ");
  }

  @Test
  void aCheckThatFailsAltogetherIsAComplaint() {
    assertThatThrownBy(
            () ->
                Readiness.after(
                    () -> {},
                    "dest",
                    List.of(
                        check(
                            "DNS",
                            () -> {
                              throw new StepFailure("dest", "dns", "an answer", "none", "wait");
                            })),
                    SHORT))
        .hasMessageContaining("found: none");
  }

  @Test
  void aCheckThatFailsUnexpectedlyHasNotPassed() {
    assertThatThrownBy(
            () ->
                Readiness.after(
                    () -> {},
                    "dest",
                    List.of(
                        check(
                            "Redis on dest",
                            () -> {
                              throw new IllegalStateException("no INFO that we know");
                            })),
                    SHORT))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("Redis on dest: no INFO that we know");
  }

  @Test
  void aStartThatFailsEndsTheWait() {
    long began = System.nanoTime();
    assertThatThrownBy(
            () ->
                Readiness.after(
                    () -> {
                      throw new StepFailure("dest", "up -d", "exit code 0", "1", "look");
                    },
                    "dest",
                    List.of(check("HTTPS", () -> "connection refused")),
                    LONG))
        .hasMessageContaining("up -d");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(LONG);
  }

  private static Check check(String what, Supplier<String> complaint) {
    return new Check() {
      @Override
      public String what() {
        return what;
      }

      @Override
      public Optional<String> complaint() {
        return Optional.of(complaint.get()).filter(found -> !found.isEmpty());
      }
    };
  }
}
