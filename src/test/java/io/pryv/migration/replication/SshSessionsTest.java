package io.pryv.migration.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SshSessionsTest {

  private static final List<String> SOURCE = List.of("10.90.0.11");

  @Test
  void findsTheSessionThatReachesRedisOnTheLoopback() {
    String looked =
        """
        us 10.90.0.1 51412 10.90.0.12 22
        ss 0      0         10.90.0.12:22        10.90.0.1:51412 users:(("sshd",pid=88,fd=4))
        ss 0      0         10.90.0.12:22       10.90.0.11:40312 users:(("sshd",pid=412,fd=4))
        ss 0      0          127.0.0.1:51022     127.0.0.1:6379  users:(("sshd",pid=412,fd=9))
        ss 0      0          127.0.0.1:6379      127.0.0.1:51022 users:(("docker-proxy",pid=301,fd=3))
        ps 88 sshd: root@notty
        ps 412 sshd: root
        ps 20 sshd: /usr/sbin/sshd [listener] 0 of 50-100 startups
        """;
    assertThat(SshSessions.parse(looked).ofTunnel(SOURCE, 6379))
        .containsExactly("process 412 reaches 127.0.0.1:6379");
  }

  @Test
  void findsAnIdleTunnelByItsTitleAndItsSource() {
    String looked =
        """
        us 10.90.0.1 51412 10.90.0.12 22
        ss 0 0 [::ffff:10.90.0.12]:22 [::ffff:10.90.0.11]:40312 users:(("sshd",pid=412,fd=4),("sshd",pid=400,fd=4))
        ps 400 sshd: pryv [priv]
        ps 412 sshd: pryv
        """;
    assertThat(SshSessions.parse(looked).ofTunnel(SOURCE, 6379))
        .containsExactly("process 412 (sshd: pryv) from 10.90.0.11:40312");
  }

  @Test
  void knowsTheTitlesOfNewerOpenSsh() {
    String looked =
        """
        us 10.90.0.1 51412 10.90.0.12 22
        ss 0 0 10.90.0.12:22 10.90.0.11:40312 users:(("sshd-session",pid=412,fd=7))
        ps 412 sshd-session: root
        """;
    assertThat(SshSessions.parse(looked).ofTunnel(SOURCE, 6379)).hasSize(1);
  }

  @Test
  void leavesAlonePeopleAndOurselves() {
    String looked =
        """
        us 10.90.0.11 51412 10.90.0.12 22
        ss 0 0 10.90.0.12:22 10.90.0.11:51412 users:(("sshd",pid=88,fd=4))
        ss 0 0 10.90.0.12:22 10.90.0.11:40000 users:(("sshd",pid=90,fd=4))
        ss 0 0 172.18.0.1:40888 172.18.0.3:6379 users:(("sshd",pid=88,fd=9))
        ss 0 0 10.90.0.12:443 10.90.0.11:40001 users:(("nginx",pid=91,fd=4))
        ps 88 sshd: root
        ps 90 sshd: root@pts/0
        """;
    assertThat(SshSessions.parse(looked).ofTunnel(SOURCE, 6379)).isEmpty();
  }

  @Test
  void readsAMachineWithoutSessions() {
    assertThat(SshSessions.parse("us \n").ofTunnel(SOURCE, 6379)).isEmpty();
  }
}
