package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DifferencesTest {

  private static java.util.List<String> between(String was, String is) {
    return Differences.between(Values.tree("was", was), Values.tree("is", is));
  }

  @Test
  void eachPropertyThatDiffersIsNamedByItsPath() {
    assertThat(
            between(
                """
                {"dest":{"host":"a","port":22},"slaves":[{"host":"b"}],"gone":1,"same":[1]}
                """,
                """
                {"dest":{"host":"x","port":22},"slaves":[{"host":"c"}],"new":"2","same":[1]}
                """))
        .containsExactly(
            "dest.host: a → x", "gone: 1 → none", "new: none → 2", "slaves[0].host: b → c");
  }

  @Test
  void anOrderOfPropertiesIsNoDifference() {
    assertThat(between("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}")).isEmpty();
  }
}
