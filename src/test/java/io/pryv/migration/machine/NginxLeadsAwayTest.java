package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class NginxLeadsAwayTest {

  private static final String PROXYING =
      """
      # configuration file /etc/nginx/nginx.conf:
      http { include /app/conf/site.conf; }
      # configuration file /app/conf/site.conf:
      upstream register_server {
        # register-migration was: server register:9000 max_fails=3 fail_timeout=30s;
        server 10.90.0.12:443;
      }
      upstream mail_server { server mail:9000; }
      server {
        location / { proxy_pass https://register_server; }
        location /sendmail/ { proxy_pass http://mail_server; }
      }
      """;

  private static String looked(String published, int age, String configuration) {
    return """
        names /pryv_register_1 register 172.18.0.4 register 0ddba11c0ffe\s
        published %s
        now 1750000100
        changed 1750000000
        age %d
        -- configuration
        %s"""
        .formatted(published, age, configuration);
  }

  private static Optional<String> with(String directives) {
    return NginxLeadsAway.judge(looked("", 90, PROXYING + directives));
  }

  @Test
  void aProxyToDestLeadsNobodyToTheRegister() {
    assertThat(with("")).isEmpty();
  }

  @Test
  void anyWayToTheRegisterIsFoundByItsServiceItsContainerItsAliasOrItsAddress() {
    assertThat(with("upstream old { server register:9000 backup; }"))
        .get()
        .asString()
        .contains("server register:9000");
    assertThat(with("server { location /a { proxy_pass http://pryv_register_1:9000/x; } }"))
        .get()
        .asString()
        .contains("proxy_pass http://pryv_register_1:9000/x");
    assertThat(with("server { location @r { proxy_pass http://172.18.0.4:9000; } }")).isPresent();
    assertThat(with("server { location @r { proxy_pass http://0ddba11c0ffe:9000; } }")).isPresent();
  }

  @Test
  void anAddressThatOnlyARequestTellsProvesNothing() {
    assertThat(with("server { location / { proxy_pass http://$backend; } }"))
        .get()
        .asString()
        .contains("only a request tells");
    assertThat(with("server { location / { proxy_pass https://10.90.0.12$request_uri; } }"))
        .as("an address with the request's path behind it")
        .isEmpty();
  }

  @Test
  void aWorkerOlderThanTheFilesProvesNothing() {
    assertThat(NginxLeadsAway.judge(looked("", 103, PROXYING)))
        .get()
        .asString()
        .contains("older than its files");
    assertThat(NginxLeadsAway.judge(looked("", 90, PROXYING).replaceFirst("age .*\n", "")))
        .get()
        .asString()
        .contains("no worker process");
  }

  @Test
  void aRegisterThatIsPublishedOnItsHostIsReachedWithoutNginx() {
    assertThat(NginxLeadsAway.judge(looked("0.0.0.0:9000 ", 90, PROXYING)))
        .get()
        .asString()
        .contains("published at 0.0.0.0:9000");
  }

  @Test
  void aConfigurationThatCannotBeReadProvesNothing() {
    assertThat(with("server {")).isPresent();
  }

  @Test
  void aMachineWithoutNginxLeadsNobodyAnywhere() {
    assertThat(NginxLeadsAway.judge("names /pryv_register_1 register 172.18.0.4\npublished\n"))
        .isEmpty();
  }
}
