package io.pryv.migration.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.LayoutDetails;
import io.pryv.migration.platform.Machine.Role;
import io.pryv.migration.preflight.LayoutDetection.Detected;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LayoutDetectionTest {

  /** As the vendor's template of 2018 has it: service nginx, links, no container names. */
  private static final String COMPOSE =
      """

      version: '2.1'
      services:
        nginx:\s
          image: "pryv/nginx:1.2.13"
          ports:\s
            - "443:443"
          volumes:\s
            - ./reg-master/nginx/conf/:/app/conf/
            - ./reg-master/nginx/log/:/app/log/
        dns:
          image: pryv/dns
          volumes:
            - ./reg-master/dns/conf/:/app/conf/
        register:
          image: pryv/register:1.2.19
        redis:
          image: pryv/redis:1.2.13
          #ports:  # used if reg-slave is defined
          #  - "10.8.0.1:6379:6379"
          volumes:
            - ./reg-master/redis/conf/:/app/conf/
            - ./reg-master/redis/data/:/app/data/
      """;

  private static final String SITE =
      """
      upstream register_server {
        server register:9000 max_fails=3 fail_timeout=30s;
      }
      server {
        listen 443;
        server_name mail.pryv.lab;
        access_log /app/log/mail.access.log;
      }
      server {
        listen 443;
        server_name *.pryv.lab;
        access_log /app/log/reg.access.log;
        location / { proxy_pass http://register_server; }
      }
      """;

  private final Surveys source =
      Surveys.of(Role.SOURCE)
          .fact("compose.reg-master.yml", COMPOSE)
          .fact("conf.reg-master/redis/conf/redis.conf", "dir /app/data\nappendonly yes\n")
          .fact(
              "conf.reg-master/nginx/conf/nginx.conf",
              "http { access_log /app/log/nginx.access.log; include /app/conf/site.conf; }")
          .fact("conf.reg-master/nginx/conf/site.conf", SITE);

  @Test
  void theVendorsTemplateOf2018IsUnderstoodBeforeItsFirstLaunch() {
    assertThat(layout())
        .isEqualTo(
            new Layout(
                "docker-compose",
                "/var/pryv/reg-master.yml",
                "pryv",
                "/var/pryv/run-reg-master",
                "/var/pryv/stop-containers",
                "/var/pryv/reg-master/redis/data",
                "9999:9999",
                "/var/pryv/reg-master/redis/conf/redis.conf",
                "/var/pryv/reg-master/nginx/conf",
                "/var/pryv/reg-master/nginx/conf/site.conf",
                "/var/pryv/reg-master/nginx/log/reg.access.log",
                "pryv_redis_1",
                "pryv_nginx_1",
                "pryv_register_1",
                "pryv_dns_1",
                "",
                List.of("nginx", "dns", "register", "redis")));
  }

  @ParameterizedTest
  @CsvSource({
    "redis-data:/app/data, the named volume redis-data",
    "/app/data, a volume without a name",
    "'{type: volume, source: v, target: /app/data}', a volume v",
    "~/data:/app/data, ~/data",
    "'./reg-master/redis/data/:/app/data/\n      - ./aof:/app/data/appendonlydir', and apart from it /app/data/appendonlydir"
  })
  void dataThatIsNotOneDirectoryOfTheHostStopsForThatReason(String mount, String found) {
    source.fact(
        "compose.reg-master.yml",
        COMPOSE.replace("- ./reg-master/redis/data/:/app/data/", "- " + mount));

    Detected detected = LayoutDetection.of(source.survey());

    assertThat(detected.layout()).isEmpty();
    assertThat(detected.findings())
        .anySatisfy(
            finding -> {
              assertThat(finding.expected()).contains("mounted at /app/data of service redis");
              assertThat(finding.found()).contains(found);
            });
  }

  @Test
  void containersThatAreThereTellTheirOwnNames() {
    source
        .container("shop_redis_1", "running", "shop", "redis", "/srv/shop", "/srv/shop/d>/data")
        .container(
            "reg_redis_1",
            "running",
            "reg",
            "redis",
            "",
            "/var/pryv/reg-master/redis/data>/app/data")
        .container("reg-nginx", "exited", "reg", "nginx", "", "");

    assertThat(layout().project()).isEqualTo("reg");
    assertThat(layout().redisContainer()).isEqualTo("reg_redis_1");
    assertThat(layout().nginxContainer()).isEqualTo("reg-nginx");
    assertThat(layout().dnsContainer()).isEqualTo("reg_dns_1");
  }

  @ParameterizedTest
  @CsvSource({
    "docker-compose -f reg-master.yml up -d, docker-compose, pryv_redis_1",
    "docker compose -f reg-master.yml up -d, docker compose, pryv-redis-1",
    "docker-compose -p my_reg -f reg-master.yml up -d, docker-compose, my_reg_redis_1",
    "docker compose --project-name=Reg up -d, docker compose, reg-redis-1",
    "'docker-compose -p \"reg\" -f reg-master.yml up -d', docker-compose, reg_redis_1",
    "'# not with docker-compose any more\ndocker compose up -d', docker compose, pryv-redis-1",
    "./other-script, docker-compose, pryv_redis_1"
  })
  void composeNamesContainersAsTheStartScriptCallsIt(String script, String command, String redis) {
    source.script("run-reg-master", script);

    assertThat(layout().composeCommand()).isEqualTo(command);
    assertThat(layout().redisContainer()).isEqualTo(redis);
  }

  @ParameterizedTest
  @CsvSource({"/srv/Pryv.io, pryvio", "/opt/reg master, regmaster", "/srv/pryv-reg_2, pryv-reg_2"})
  void theProjectIsWhatComposeMakesOfTheDirectory(String confRoot, String project) {
    source.confRoot(confRoot);

    assertThat(layout().project()).isEqualTo(project);
  }

  @Test
  void theEnvironmentFileMayNameTheProject() {
    source.fact("project.env", "register");

    assertThat(layout().redisContainer()).isEqualTo("register_redis_1");
  }

  @Test
  void aFixedContainerNameIsTaken() {
    source.fact(
        "compose.reg-master.yml",
        COMPOSE.replace("  redis:\n", "  redis:\n    container_name: pryvio_redis\n"));

    assertThat(layout().redisContainer()).isEqualTo("pryvio_redis");
  }

  @Test
  void dataAndConfigurationAreFoundThroughTheMounts() {
    source
        .fact(
            "compose.reg-master.yml",
            COMPOSE.replace("./reg-master/redis/data/:/app/data/", "/mnt/ssd/redis:/var/lib/redis"))
        .fact("conf.reg-master/redis/conf/redis.conf", "dir /var/lib/redis\n");

    assertThat(layout().dataDirectory()).isEqualTo("/mnt/ssd/redis");
  }

  @Test
  void volumesWithNamesAreFoundThroughTheMounts() {
    source.fact(
        "compose.reg-master.yml",
        COMPOSE.replace(
            "- ./reg-master/redis/data/:/app/data/",
            "- {type: bind, source: ./reg-master/redis/data, target: /app/data}"));

    assertThat(layout().dataDirectory()).isEqualTo("/var/pryv/reg-master/redis/data");
  }

  @ParameterizedTest
  @ValueSource(strings = {"redisdata:/app/elsewhere", "${DATA}/redis:/app/data", "/app/data"})
  void aDataDirectoryThatIsNotOnTheHostStops(String volume) {
    source.fact(
        "compose.reg-master.yml", COMPOSE.replace("./reg-master/redis/data/:/app/data/", volume));

    stops("/var/pryv/reg-master.yml", "mounted at /app/data of service redis");
  }

  @ParameterizedTest
  @CsvSource({
    "access_log /app/log/reg.access.log;, /var/pryv/reg-master/nginx/log/nginx.access.log",
    "access_log /app/log/mail.access.log;, /var/pryv/reg-master/nginx/log/reg.access.log"
  })
  void theAccessLogIsThatOfTheRegistersServerBlockOrOfAll(String removed, String log) {
    source.fact("conf.reg-master/nginx/conf/site.conf", SITE.replace(removed, ""));

    assertThat(layout().accessLog()).isEqualTo(log);
  }

  @Test
  void anAccessLogInTheContainerIsNone() {
    source.fact(
        "conf.reg-master/nginx/conf/site.conf",
        SITE.replace("/app/log/reg.access.log", "/dev/stdout"));

    assertThat(layout().accessLog()).isEmpty();
  }

  @Test
  void theProceduresFileNameIsFoundAsWell() {
    source
        .without("conf.reg-master/nginx/conf/site.conf")
        .fact("conf.reg-master/nginx/conf/site-443.conf", SITE)
        .fact("conf.reg-master/nginx/conf/nginx.conf", "http { include site-*.conf; }");

    assertThat(layout().nginxSiteFile()).isEqualTo("/var/pryv/reg-master/nginx/conf/site-443.conf");
  }

  @Test
  void anUpstreamThatIsOnlyACommentDoesNotCount() {
    source.fact("conf.reg-master/nginx/conf/site.conf", SITE.replaceAll("(?m)^", "# "));

    assertThat(LayoutDetection.of(source.survey()).findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(Finding.Level.STOP);
              assertThat(finding.expected())
                  .isEqualTo("one nginx file with upstream register_server");
              assertThat(finding.found()).startsWith("none among /var/pryv/reg-master/nginx/conf/");
            });
  }

  @Test
  void aToldSiteFileIsTakenUnseen() {
    source.told(new LayoutDetails("", "/etc/nginx/reg.conf", "", "", "", ""));

    assertThat(layout().nginxSiteFile()).isEqualTo("/etc/nginx/reg.conf");
  }

  @Test
  void aSlaveMayHaveNeitherProxyNorRegister() {
    Surveys slave =
        Surveys.of(Role.SOURCE_SLAVE)
            .script("run-reg-slave", "docker-compose -f reg-slave.yml up -d")
            .fact(
                "compose.reg-slave.yml",
                """
                services:
                  dns: {image: d}
                  redis:
                    volumes:
                      - ./reg-slave/redis/conf/:/app/conf/
                      - ./reg-slave/redis/data/:/app/data/
                """);

    Layout layout = LayoutDetection.of(slave.survey()).layout().orElseThrow();

    assertThat(layout.startScript()).isEqualTo("/var/pryv/run-reg-slave");
    assertThat(layout.dnsContainer()).isEqualTo("pryv_dns_1");
    assertThat(layout.nginxContainer()).isEmpty();
    assertThat(layout.registerContainer()).isEmpty();
    assertThat(layout.nginxSiteFile()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"redis", "dns", "register", "nginx"})
  void aServiceThatIsMissingStops(String service) {
    source.fact(
        "compose.reg-master.yml",
        COMPOSE.replace("\n  " + service + ":", "\n  other-" + service + ":"));

    stops("/var/pryv/reg-master.yml", "a service named ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "services: []", "\tservices:", "redis: {}"})
  void aComposeFileThatIsNoneStops(String text) {
    source.fact("compose.reg-master.yml", text);

    stops("/var/pryv/reg-master.yml", "a docker-compose file of version 2 or 3");
  }

  private Layout layout() {
    Detected detected = LayoutDetection.of(source.survey());
    assertThat(detected.findings()).isEmpty();
    return detected.layout().orElseThrow();
  }

  private void stops(String check, String expected) {
    Detected detected = LayoutDetection.of(source.survey());
    assertThat(detected.layout()).isEmpty();
    assertThat(detected.findings())
        .anySatisfy(
            finding -> {
              assertThat(finding.level()).isEqualTo(Finding.Level.STOP);
              assertThat(finding.machine()).isEqualTo("source");
              assertThat(finding.check()).isEqualTo(check);
              assertThat(finding.expected()).contains(expected);
              assertThat(finding.found()).isNotBlank();
              assertThat(finding.next()).isNotBlank();
            });
  }
}
