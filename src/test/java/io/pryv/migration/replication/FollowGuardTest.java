package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.FakeRedis;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FollowGuardTest {

  private final FakeRedis source = new FakeRedis("source").fixture("core1.pryv.lab");
  private final FakeRedis dest = new FakeRedis("dest").fixture("core2.pryv.lab");
  private final FollowGuard guard = FollowGuard.ofSource(source, dest, Duration.ZERO);

  private void bothHold(String name) {
    source.user(name, name + "@mail.example", "core1.pryv.lab");
    dest.user(name, name + "@mail.example", "core1.pryv.lab");
  }

  @Test
  void passesWhenEveryUserOfSourceIsOnDestAndTellsWhatItSaw() {
    bothHold("ariane");
    bothHold("bertrand");
    dest.user("clemence", "clemence@mail.example", "core1.pryv.lab");

    FollowGuard.Passed passed = guard.pass();

    assertThat(passed.keys().differing()).isZero();
    assertThat(passed.onFollower().users()).isEqualTo(3);
    assertThat(passed.onFollowed().users()).isEqualTo(4);
    assertThat(passed.markdown())
        .contains("| users | 3 | 4 |")
        .contains("| Redis | 5.0.2 | 5.0.2 |");
  }

  @Test
  void leavesTheFixtureUserOutSinceEachSideWritesItsOwn() {
    bothHold("ariane");
    assertThat(source.compareUsersWith(dest).differing()).isEqualTo(2);
    assertThat(guard.pass().keys().differing()).isZero();
  }

  @Test
  void stopsWhenAUserIsMissingOnDestAndNamesItsKeys() {
    bothHold("ariane");
    bothHold("bertrand");
    source.user("lonely", "lonely@mail.example", "core1.pryv.lab");
    dest.user("another", "another@mail.example", "core1.pryv.lab");
    assertThatThrownBy(guard::pass)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("3 missing or different")
        .hasMessageContaining("lonely:users")
        .hasMessageContaining("do not let source follow dest");
  }

  @Test
  void stopsWhenAUserLivesOnAnotherCore() {
    bothHold("ariane");
    dest.user("ariane", "ariane@mail.example", "core9.pryv.lab");
    assertThatThrownBy(guard::pass).hasMessageContaining("ariane:server");
  }

  @Test
  void doesNotTakeAStrangersAddressForTheFixtures() {
    source.user("thief", "wactiv@elsewhere.example", "core1.pryv.lab");
    dest.user("other1", "other1@mail.example", "core1.pryv.lab");
    assertThatThrownBy(guard::pass).hasMessageContaining("wactiv@elsewhere.example:email");
  }

  @Test
  void stopsWhenDestIsShort() {
    bothHold("ariane");
    source.user("bertrand", "bertrand@mail.example", "core1.pryv.lab");
    assertThatThrownBy(guard::pass).hasMessageContaining("3 missing or different");
  }

  @Test
  void stopsWhenDestIsEmpty() {
    assertThatThrownBy(() -> FollowGuard.ofSource(source, new FakeRedis("dest")).pass())
        .hasMessageContaining("the 1 users that source holds")
        .hasMessageContaining("none at all");
  }

  @ParameterizedTest
  @CsvSource({
    "aof_rewrite_in_progress, 1",
    "aof_rewrite_scheduled, 1",
    "loading, 1",
    "aof_last_bgrewrite_status, err"
  })
  void stopsWhileDestsDataIsNotSafeOnItsDisk(String field, String value) {
    bothHold("ariane");
    dest.says(field, value);
    assertThatThrownBy(guard::pass)
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("no AOF rewrite under way");
  }

  @Test
  void stopsWhenDestIsNoMaster() {
    bothHold("ariane");
    dest.reaches("10.0.0.9", 6379, new FakeRedis("other")).follow("10.0.0.9", 6379);
    assertThatThrownBy(guard::pass).hasMessageContaining("its role is slave");
  }

  @ParameterizedTest
  @CsvSource({
    "5.0.2, 7.0.15, true",
    "5.0.14, 6.0.16, true",
    "6.0.16, 6.2.6, true",
    "7.0.15, 5.0.2, false",
    "5.0.2, 5.0.14, false",
    "5.0.14, 5.0.2, false",
    "10.0.0, 9.1.0, false",
    "9.1.0, 10.0.0, true",
    "6, 6.0.1, false"
  })
  void anOlderSourceCannotReadWhatANewerDestSends(String one, String other, boolean older) {
    assertThat(FollowGuard.older(one, other)).isEqualTo(older);
    bothHold("ariane");
    source.says("redis_version", one);
    dest.says("redis_version", other);
    if (older) {
      assertThatThrownBy(guard::pass).hasMessageContaining("source " + one + ", dest " + other);
    } else {
      assertThat(guard.pass().followedsVersion()).isEqualTo(other);
    }
  }

  @Test
  void destMayFollowASourceThatHasItsUsersWhateverBecameOfThem() {
    bothHold("ariane");
    source.user("newcomer", "newcomer@mail.example", "core1.pryv.lab");
    source.user("ariane", "other@mail.example", "core9.pryv.lab");
    source.delete("ariane@mail.example:email");

    FollowGuard.Passed passed = FollowGuard.ofDest(dest, source, Duration.ZERO).pass();

    assertThat(passed.keys().differing()).isZero();
    assertThat(passed.keys().compared()).as("with the fixture's two").isEqualTo(4);
  }

  @Test
  void destMayNotFollowASourceThatLacksAUserOfItsOrIsNotSafeOnItsDisk() {
    bothHold("ariane");
    dest.user("lonely", "lonely@mail.example", "core1.pryv.lab");
    FollowGuard back = FollowGuard.ofDest(dest, source, Duration.ZERO);
    assertThatThrownBy(back::pass)
        .isInstanceOf(StepFailure.class)
        .hasMessageStartingWith("source: guard before dest follows source")
        .hasMessageContaining("2 missing, such as lonely:server, lonely:users")
        .hasMessageContaining("do not let dest follow source");
    source.says("aof_rewrite_in_progress", "1");
    assertThatThrownBy(back::pass)
        .hasMessageContaining(
            "a source that dies during a rewrite may come back empty and wipe dest");
    source.says("redis_version", "7.0.15");
    assertThatThrownBy(back::pass).hasMessageContaining("dest 5.0.2, source 7.0.15");
  }
}
