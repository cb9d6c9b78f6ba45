package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.Containers;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RoleFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SourceBehindDestTest {

  private final PracticePlatform lab = new PracticePlatform();
  private final RoleFile file = new RoleFile(lab.hands, lab.source.register());

  @BeforeEach
  void sourceIsHeldDownAndFenced() {
    file.fenced();
    lab.containers(lab.source).holdDownAndStop();
  }

  @AfterEach
  void remove() {
    lab.close();
  }

  private String stand(Supplier<Optional<String>> objection) {
    Containers containers = lab.containers(lab.source);
    return new SourceBehindDest(
            lab.source.register(),
            containers,
            file,
            lab.door,
            new Start(lab.source.register(), containers, lab.signs),
            objection)
        .stand();
  }

  private String redisConf() {
    try {
      return Files.readString(lab.source.redisConf());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean runs(String container) {
    return lab.containers(lab.source).look().stream()
        .anyMatch(c -> c.name().contains(container) && c.running());
  }

  @Test
  void nothingButNginxIsStartedBeforeItIsProvenToLeadToDest() {
    String before = redisConf();

    assertThatThrownBy(() -> stand(() -> Optional.of("it leads to the register on this machine")))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("it leads to the register on this machine")
        .hasMessageContaining("was not started");

    assertThat(runs("reverse_proxy")).isTrue();
    assertThat(runs("redis")).isFalse();
    assertThat(runs("register")).isFalse();
    assertThat(redisConf()).as("fenced, as it was").isEqualTo(before).contains("min-replicas");
  }

  @Test
  void behindAProvenNginxItIsStartedAsTheFileBeforeTheMigrationSaid() {
    assertThat(stand(Optional::empty)).contains("source runs");
    assertThat(runs("redis")).isTrue();
    assertThat(redisConf()).doesNotContain("min-replicas");
  }

  @Test
  void aRedisThatRunsUnfencedBehindAnUnprovenNginxIsFencedAtOnce() {
    lab.containers(lab.source).start();
    file.writer();
    lab.sourceRedis.liftFence();

    assertThatThrownBy(() -> stand(() -> Optional.of("nginx refuses its file")))
        .hasMessageContaining("Source's Redis refuses writes");

    assertThat(lab.sourceRedis.fenced()).isTrue();
    assertThat(redisConf()).contains("min-replicas");
  }

  @Test
  void whatIsProvenAtFirstAndNoMoreBehindTheStartIsFenced() {
    int[] looks = {0};
    assertThatThrownBy(
            () ->
                stand(
                    () ->
                        looks[0]++ == 0
                            ? Optional.empty()
                            : Optional.of("somebody has edited the site file")))
        .hasMessageContaining("somebody has edited the site file");
    assertThat(lab.sourceRedis.fenced()).isTrue();
  }
}
