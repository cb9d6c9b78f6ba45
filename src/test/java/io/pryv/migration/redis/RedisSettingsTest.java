package io.pryv.migration.redis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisSettingsTest {

  @ParameterizedTest
  @CsvSource({
    "'dir /app/data', dir, /app/data",
    "'DIR \"/app/my data\"', dir, /app/my data",
    "'slave-read-only no', replica-read-only, no",
    "'replica-read-only no', slave-read-only, no",
    "'save 900 1', save, 900 1",
    "'appendonly no\nappendonly yes', appendonly, yes",
    "'\t min-slaves-to-write\t99 ', min-replicas-to-write, 99",
    "'requirepass ''a b''', requirepass, a b",
  })
  void aSettingIsReadAsRedisDoes(String text, String name, String value) {
    assertThat(RedisSettings.find(text, name)).contains(value);
  }

  @ParameterizedTest
  @CsvSource({"# appendonly yes", "''", "appendonly-not yes", "appendfilename x"})
  void aSettingThatIsNotThereIsNotFound(String text) {
    assertThat(RedisSettings.find(text, "appendonly")).isEmpty();
  }
}
