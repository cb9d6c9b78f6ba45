package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Register;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReplicationHealthTest {

  private static final String HEALTHY =
      """
      supervisor:214
      far_run_id:9f0c2c5dcd1a4ee4bb6b0d1be4ac2bb35f3ac9aa\r
      # Replication\r
      role:slave\r
      master_host:127.0.0.1\r
      master_port:4567\r
      master_link_status:up\r
      master_last_io_seconds_ago:3\r
      master_sync_in_progress:0\r
      slave_repl_offset:18211\r
      slave_priority:100\r
      slave_read_only:1\r
      connected_slaves:1\r
      slave0:ip=10.90.0.13,port=6379,state=online,offset=18211,lag=0\r
      master_replid:0e2f4cb1fb7a9f1b2d0f6de4f31a1e16c8a7a0b1\r
      """;

  private static final TunnelEnds TO_DEST =
      TunnelEnds.toDest(
          register(Machine.Role.SOURCE, "source"),
          register(Machine.Role.DEST, "dest"),
          TunnelPorts.PROCEDURE);
  private static final TunnelEnds TO_SOURCE =
      TunnelEnds.toSource(TO_DEST.near(), TO_DEST.far(), TunnelPorts.PROCEDURE);

  private static Register register(Machine.Role role, String name) {
    Path conf = Path.of("/var/pryv/reg-master/redis/conf/redis.conf");
    return TunnelledRegister.of(
        new Machine(role, name, "10.90.0.9", 22, "root", "key", "/var/pryv", "10.90.0.9"),
        conf,
        "9999:9999",
        "5.0.2");
  }

  private static ReplicationHealth.Health health(String looked) {
    return ReplicationHealth.judge(TunnelState.parse(looked), TO_DEST);
  }

  @Test
  void isHealthyWhileTheLinkIsUpThroughASupervisedTunnel() {
    assertThat(health(HEALTHY).troubles()).isEmpty();
    assertThat(health(HEALTHY).healthy()).isTrue();
    assertThat(health(HEALTHY).supervised()).isTrue();
  }

  @Test
  void tellsThatTheContainerWasRestarted() {
    String restarted =
        HEALTHY
            .replaceFirst("supervisor:214\n", "")
            .replaceFirst("far_run_id.*\r\n", "")
            .replace(
                "master_link_status:up",
                "master_link_status:down\r\nmaster_link_down_since_seconds:17");
    assertThat(health(restarted).supervised()).isFalse();
    assertThat(health(restarted).troubles())
        .hasSize(2)
        .anySatisfy(
            trouble -> assertThat(trouble).contains("the tunnel from source to dest is gone"))
        .anySatisfy(trouble -> assertThat(trouble).contains("down for 17 s"));
  }

  @Test
  void repeatsWhatSshSaysOfATunnelThatDoesNotOpen() {
    String refused =
        HEALTHY.replaceFirst("far_run_id.*\r\n", "")
            + "said:root@10.90.0.12: Permission denied (publickey).\n";
    assertThat(health(refused).troubles())
        .singleElement()
        .asString()
        .contains("Permission denied (publickey)");
  }

  @Test
  void noticesSilenceOfAMasterWhoseLinkStillCountsAsUp() {
    assertThat(health(HEALTHY.replace("seconds_ago:3", "seconds_ago:45")).troubles())
        .containsExactly("nothing came from dest for 45 s");
    assertThat(health(HEALTHY.replace("seconds_ago:3", "seconds_ago:12")).healthy()).isTrue();
  }

  @Test
  void tellsThatSourceNoLongerFollows() {
    String promoted = "supervisor:214\nfar_run_id:9f0c\nrole:master\r\nconnected_slaves:1\r\n";
    assertThat(health(promoted).troubles())
        .singleElement()
        .asString()
        .contains("no replica (role master)");
    assertThat(health(HEALTHY.replace("master_port:4567", "master_port:6379")).troubles())
        .containsExactly("source's Redis follows 127.0.0.1:6379");
  }

  @Test
  void tellsThatRedisItselfDoesNotAnswer() {
    assertThat(health("supervisor:214\nsaid:\n").troubles())
        .contains("source's Redis does not answer");
    assertThat(health("").supervised()).isFalse();
  }

  @Test
  void theOtherWayRoundItIsDestThatDoesNotFollowSource() {
    String all =
        String.join(
            "\n",
            Stream.of(
                    "",
                    "far_run_id:9f0c\nrole:slave\nmaster_port:4567\nmaster_link_status:down\n",
                    "supervisor:214\nrole:master\n",
                    HEALTHY.replace("master_port:4567", "master_port:6379"),
                    HEALTHY.replace("seconds_ago:3", "seconds_ago:45"))
                .flatMap(
                    looked ->
                        ReplicationHealth.judge(TunnelState.parse(looked), TO_SOURCE)
                            .troubles()
                            .stream())
                .toList());
    assertThat(all)
        .contains(
            "the tunnel from dest to source is gone: dest's Redis container was restarted",
            "dest's Redis does not answer",
            "the link to source is down for ? s: dest serves what it had then",
            "nothing answers through the tunnel from dest to source",
            "dest's Redis is no replica (role master): it does not follow source",
            "dest's Redis follows 127.0.0.1:6379",
            "nothing came from source for 45 s");
    assertThat(ReplicationHealth.judge(TunnelState.parse(HEALTHY), TO_SOURCE).healthy()).isTrue();
  }
}
