package io.pryv.migration.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProviderUsersTest {

  private static final Map<String, String> OURS =
      Map.of("it-operations", "operators", "it-leads", "approvers");

  @Test
  void onlyWhatIsMappedCountsHoweverTheClaimIsWritten() {
    assertThat(ProviderUsers.groups(List.of("it-operations", "camunda-admin", "staff"), OURS))
        .containsExactly("operators");
    assertThat(ProviderUsers.groups("it-leads", OURS)).containsExactly("approvers");
    assertThat(ProviderUsers.groups("operators", OURS)).isEmpty();
    assertThat(ProviderUsers.groups(null, OURS)).isEmpty();
    assertThat(ProviderUsers.groups(Arrays.asList(null, 7, Map.of()), OURS)).isEmpty();
  }
}
