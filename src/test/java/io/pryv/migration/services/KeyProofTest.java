package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.StepFailure;
import org.junit.jupiter.api.Test;

class KeyProofTest {

  @Test
  void asManyKeysAsAtTheStopAreTold() {
    KeyProof proof = new KeyProof(60_008, 60_008, "dest");
    proof.orFail();
    assertThat(proof.markdown()).contains("| keys that do not expire | 60008 | 60008 |");
  }

  @Test
  void oneMissingKeyIsAFailure() {
    assertThatThrownBy(new KeyProof(60_008, 60_007, "dest")::orFail)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("60007");
  }
}
