package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

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
}
