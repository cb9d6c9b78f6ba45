package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.platform.StepFailure;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TunnelPlaceTest {

  private static final String CONF = "/var/pryv/reg-master/redis/conf";

  @Test
  void findsTheDirectoryByTheMountThatHoldsIt() {
    assertThat(
            TunnelPlace.seenInside(
                CONF,
                List.of(
                    "/var/pryv/reg-master/redis/data|/app/data",
                    CONF + "|/app/conf/",
                    "/var/pryv/reg-master/redis/log|/app/log")))
        .contains("/app/conf");
  }

  @Test
  void prefersTheInnermostMount() {
    assertThat(TunnelPlace.seenInside(CONF, List.of("/var/pryv|/pryv", CONF + "|/app/conf")))
        .contains("/app/conf");
    assertThat(TunnelPlace.seenInside(CONF, List.of("/var/pryv|/pryv")))
        .contains("/pryv/reg-master/redis/conf");
  }

  @Test
  void findsNothingWhenOnlyTheFileOrASiblingIsMounted() {
    assertThat(
            TunnelPlace.seenInside(
                CONF, List.of(CONF + "/redis.conf|/app/conf/redis.conf", CONF + "2|/app/conf")))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'10.90.0.12 dev eth0 src 10.90.0.11 uid 0 \\    cache', 10.90.0.11",
    "'203.0.113.12 via 198.51.100.1 dev ens3 src 198.51.100.11 uid 0', 198.51.100.11",
    "'local 127.0.0.1 dev lo src 127.0.0.1 uid 0', 127.0.0.1"
  })
  void readsTheAddressOfTheRoute(String route, String address) {
    assertThat(TunnelKey.routeSource(route, "source")).isEqualTo(address);
  }

  @Test
  void saysThatThereIsNoRoute() {
    assertThatThrownBy(() -> TunnelKey.routeSource("unreachable 10.90.0.12", "source"))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("unreachable 10.90.0.12");
  }
}
