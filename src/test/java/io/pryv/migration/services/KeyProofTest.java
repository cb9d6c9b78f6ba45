package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.KeyCounts;
import org.junit.jupiter.api.Test;

class KeyProofTest {

  private static final KeyCounts SOURCE = new KeyCounts(20_001, 20_001, 20_001, 3, 2, 17);

  @Test
  void keysThatComeAndGoMayDiffer() {
    KeyProof proof = new KeyProof(SOURCE, new KeyCounts(20_001, 20_001, 20_001, 3, 2, 4), "dest");
    proof.orFail();
    assertThat(proof.markdown()).contains("| others, expiring | 17 | 4 |");
  }

  @Test
  void oneMissingUserIsAFailure() {
    KeyProof proof = new KeyProof(SOURCE, new KeyCounts(20_000, 20_001, 20_001, 3, 2, 17), "dest");
    assertThatThrownBy(proof::orFail)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("users=20000");
  }
}
