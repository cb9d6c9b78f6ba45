package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.machine.UnexpectedText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NginxSiteTest {

  private static final String DEST = "203.0.113.12";
  private static final String ADDED = " # register-migration: added";

  private static final String SITE =
      """
      upstream register_server {
        server register:9000 max_fails=3 fail_timeout=30s;
      }

      upstream mail_server {
        server mail:9000 max_fails=3 fail_timeout=30s;
      }

      # mail.pryv.lab
      server {
        listen 443 ssl;
        server_name mail.pryv.lab;
        location /sendmail/ {
          proxy_pass http://mail_server;
        }
      }

      server {
        listen 443 ssl;
        server_name reg.pryv.lab access.pryv.lab;
        location / {
          proxy_pass http://register_server;
        }
      }
      """;

  @Test
  void oldLinesStayAsCommentsAndNewOnesStandBesideThem() {
    assertThat(NginxSite.parse(SITE).proxyTo(DEST))
        .isEqualTo(
            """
            upstream register_server {
              # register-migration: was: server register:9000 max_fails=3 fail_timeout=30s;
              server 203.0.113.12:443; # register-migration: added
            }

            upstream mail_server {
              server mail:9000 max_fails=3 fail_timeout=30s;
            }

            # mail.pryv.lab
            server {
              listen 443 ssl;
              server_name mail.pryv.lab;
              location /sendmail/ {
                proxy_pass http://mail_server;
              }
            }

            server {
              listen 443 ssl;
              server_name reg.pryv.lab access.pryv.lab;
              location / {
                # register-migration: was: proxy_pass http://register_server;
                proxy_pass https://register_server; # register-migration: added
                proxy_set_header Host $host; # register-migration: added
                proxy_set_header X-Real-IP $remote_addr; # register-migration: added
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; # register-migration: added
                proxy_set_header X-Forwarded-Proto $scheme; # register-migration: added
                proxy_ssl_server_name on; # register-migration: added
                proxy_ssl_name $host; # register-migration: added
                proxy_ssl_verify on; # register-migration: added
                proxy_ssl_verify_depth 9; # register-migration: added
                proxy_ssl_trusted_certificate /app/conf/register-migration-203.0.113.12.pem; # register-migration: added
              }
            }
            """);
  }

  static Stream<Arguments> shapes() throws IOException {
    return Stream.of(
        Arguments.of("the procedure's example", SITE),
        Arguments.of(
            "the practice platform's",
            Files.readString(Path.of("src/lab/platform/master/reg-master/nginx/conf/site.conf"))
                .replaceAll("/app/log/[^;]+;", "/dev/null;")),
        Arguments.of("tabs", SITE.replace("  ", "\t")),
        Arguments.of("lines ended by CR LF", SITE.replace("\n", "\r\n")),
        Arguments.of("no newline at the end", SITE.strip()),
        Arguments.of(
            "everything on the last line, without newline",
            "upstream register_server { server register:9000; } server { listen 80; location / {"
                + " proxy_pass http://register_server; } }"),
        Arguments.of(
            "one-line blocks and comments behind them",
            """
            upstream register_server { server register:9000 max_fails=3; } # main
            server {
              listen 80; server_name reg.pryv.lab;
              location / { proxy_pass http://register_server; } # all of it
            }
            """),
        Arguments.of(
            "a directive over several lines, comment within",
            """
            upstream register_server
            {
              server register:9000   # the container
                     max_fails=3

                     fail_timeout=30s;
            }
            server {
              listen 80;
              location / {
                proxy_pass
                  http://register_server
                  ;
              }
            }
            """),
        Arguments.of(
            "look-alikes in comments and quotes",
            """
            # upstream register_server { server old:9000; }
            #upstream register_server {
            #  server older:9000;
            #}
            upstream register_server {
              # server commented:9000;
              server register:9000;# proxy_pass http://register_server;
            }
            server {
              listen 80;
              add_header X-Note "proxy_pass http://register_server; }";
              # not found in HH, might be needed
              # proxy_set_header  Host $http_host;
              location ~ "^/a{2}/#" { return 404; }
              location / {
                #proxy_pass http://register_server;
                proxy_pass "http://register_server";
              }
            }
            """),
        Arguments.of(
            "further locations with and without a path",
            """
            upstream register_server { keepalive 16; server register:9000 weight=2; }
            server {
              listen 80;
              location /reg/ { proxy_pass http://register_server/; }
              location = /x { proxy_pass http://register_server$request_uri; proxy_redirect off; }
              location / {
                proxy_pass   http://register_server ;
              }
            }
            """),
        Arguments.of(
            "headers set for the server and for the location",
            """
            upstream register_server {
              server register:9000 max_fails=0;
            }
            server {
              listen 80;
              proxy_set_header X-Request-Id $request_id;
              proxy_set_header Host $proxy_host;
              location / {
                proxy_pass http://register_server;
              }
              location /own {
                proxy_set_header Host $http_host; proxy_set_header x-real-ip $remote_addr;
                proxy_ssl_server_name off;
                proxy_ssl_name register_server; # why?
                proxy_pass http://register_server;
              }
            }
            """),
        Arguments.of(
            "leader and admin panel beside it",
            """
            upstream register_server {
              server register:9000 max_fails=3 fail_timeout=30s;
            }
            upstream leader_server {
              server 127.0.0.1:7000;
            }
            upstream register_server_2 {
              server 127.0.0.1:7001;
            }
            server {
              listen 80;
              location / { proxy_pass http://leader_server; }
              location /2 { proxy_pass http://register_server_2; }
              location /reg { proxy_pass http://register_server; }
            }
            """));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("shapes")
  void anEditIsWhollyUndone(String shape, String site) {
    String edited = NginxSite.parse(site).proxyTo(DEST);

    assertThat(edited).isNotEqualTo(site);
    assertThat(NginxSite.undo(edited)).isEqualTo(site);
    assertThat(NginxSite.undo(site)).isEqualTo(site);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("shapes")
  void anEditedFileProxiesToDestAndAnUntouchedOneDoesNot(String shape, String site) {
    String edited = NginxSite.parse(site).proxyTo(DEST);

    assertThat(NginxSite.parse(edited).isProxying(DEST)).isTrue();
    assertThat(NginxSite.parse(edited).isProxying("203.0.113.99")).isFalse();
    assertThat(NginxSite.parse(site).isProxying(DEST)).isFalse();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("shapes")
  void askingAgainChangesNothingAndAnotherDestReplacesTheFirst(String shape, String site) {
    String edited = NginxSite.parse(site).proxyTo(DEST);

    assertThat(NginxSite.parse(edited).proxyTo(DEST)).isEqualTo(edited);
    assertThat(NginxSite.parse(edited).proxyTo("203.0.113.99"))
        .isEqualTo(NginxSite.parse(site).proxyTo("203.0.113.99"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("shapes")
  void nginxAcceptsTheEditedFile(String shape, String site, @TempDir Path directory)
      throws Exception {
    assertThat(nginxTest(directory, NginxSite.parse(site).proxyTo(DEST)))
        .contains("test is successful");
  }

  @Test
  void headersInheritedFromTheServerAreRepeatedButNotItsWrongHost() {
    String edited =
        NginxSite.parse(
                """
                upstream register_server { server r:1; }
                server {
                  proxy_set_header X-Request-Id $request_id;
                  proxy_set_header X-Forwarded-Proto https;
                  proxy_set_header Host $proxy_host;
                  location / {
                    proxy_pass http://register_server;
                  }
                }
                """)
            .proxyTo(DEST);

    assertThat(locationOf(edited))
        .containsExactly(
            "proxy_pass https://register_server;",
            "proxy_set_header X-Request-Id $request_id;",
            "proxy_set_header X-Forwarded-Proto https;",
            "proxy_set_header Host $host;",
            "proxy_set_header X-Real-IP $remote_addr;",
            "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
            "proxy_ssl_server_name on;",
            "proxy_ssl_name $host;",
            "proxy_ssl_verify on;",
            "proxy_ssl_verify_depth 9;",
            "proxy_ssl_trusted_certificate /app/conf/register-migration-203.0.113.12.pem;");
  }

  @Test
  void headersThatTheLocationSetsItselfAreNeitherDoubledNorLost() {
    String edited =
        NginxSite.parse(
                """
                upstream register_server { server r:1; }
                server {
                  proxy_set_header X-Request-Id $request_id;
                  location / {
                    proxy_set_header host $http_host;
                    proxy_set_header X-Forwarded-For $remote_addr;
                    proxy_pass http://register_server;
                    proxy_ssl_server_name on;
                  }
                }
                """)
            .proxyTo(DEST);

    assertThat(locationOf(edited))
        .containsExactly(
            "proxy_set_header host $http_host;",
            "proxy_set_header X-Forwarded-For $remote_addr;",
            "proxy_pass https://register_server;",
            "proxy_set_header X-Real-IP $remote_addr;",
            "proxy_set_header X-Forwarded-Proto $scheme;",
            "proxy_ssl_name $host;",
            "proxy_ssl_verify on;",
            "proxy_ssl_verify_depth 9;",
            "proxy_ssl_trusted_certificate /app/conf/register-migration-203.0.113.12.pem;",
            "proxy_ssl_server_name on;");
  }

  @ParameterizedTest
  @ValueSource(strings = {"$proxy_host", "register_server", "''", "reg.old.example"})
  void aHostThatIsNotTheClientsOwnIsReplaced(String host) {
    String edited =
        NginxSite.parse(
                SITE.replace("location / {", "location / {\nproxy_set_header Host HOST;")
                    .replace("HOST", host))
            .proxyTo(DEST);

    assertThat(edited)
        .contains("# register-migration: was: proxy_set_header Host " + host + ";")
        .contains("proxy_set_header Host $host;");
  }

  @Test
  void theLinesToEditAreToldWithTheirServerNames() {
    assertThat(NginxSite.parse(SITE).linesToEdit())
        .containsExactly(
            new NginxSite.EditedLine(2, "", "server register:9000 max_fails=3 fail_timeout=30s;"),
            new NginxSite.EditedLine(
                22, "reg.pryv.lab access.pryv.lab", "proxy_pass http://register_server;"));
    assertThat(NginxSite.parse(NginxSite.parse(SITE).proxyTo(DEST)).linesToEdit())
        .isEqualTo(NginxSite.parse(SITE).linesToEdit());
  }

  @Test
  void anAbsentUpstreamIsRefused() {
    refused(
        SITE.replace("register_server", "registry"),
        "upstream register_server { … } exactly once",
        "none");
  }

  @Test
  void anUpstreamThatIsOnlyACommentIsRefused() {
    refused(
        SITE.replace("upstream register_server {", "#upstream register_server {")
            .replace(
                "fail_timeout=30s;\n}\n\nupstream mail", "fail_timeout=30s;\n#}\n\nupstream mail")
            .replace("  server register", "  #server register"),
        "upstream register_server { … } exactly once",
        "none");
  }

  @Test
  void anUpstreamPresentTwiceIsRefused() {
    refused(
        SITE + "upstream register_server { server other:9000; }\n",
        "upstream register_server { … } exactly once",
        "it on lines 1, 25");
  }

  @Test
  void aServerLinePresentTwiceIsRefused() {
    refused(
        SITE.replace(
            "30s;\n}\n\nupstream mail", "30s;\n  server register2:9000;\n}\nupstream mail"),
        "one server line in upstream register_server (line 1)",
        "2, on lines 2, 3");
  }

  @Test
  void anAbsentServerLineIsRefused() {
    refused(
        SITE.replace("  server register", "  # server register"),
        "one server line in upstream register_server (line 1)",
        "none");
  }

  @Test
  void anAbsentProxyPassIsRefused() {
    refused(
        SITE.replace("proxy_pass http://register_server", "proxy_pass http://mail_server"),
        "proxy_pass http://register_server in each location that leads to the register",
        "none");
  }

  @Test
  void aProxyPassPresentTwiceInALocationIsRefused() {
    refused(
        SITE.replace(
            "proxy_pass http://register_server;",
            "proxy_pass http://register_server; proxy_pass http://register_server;"),
        "proxy_pass http://register_server once and directly in a location",
        "it on line 22, a second time");
  }

  @Test
  void aProxyPassWhereNoHeaderCanBeSetIsRefused() {
    refused(
        SITE.replace(
            "proxy_pass http://register_server;",
            "if ($request_method = GET) { proxy_pass http://register_server; }"),
        "proxy_pass http://register_server once and directly in a location",
        "it on line 22, in if");
  }

  @Test
  void aFileEditedByHandIsRefused() {
    refused(
        SITE.replace("register:9000 max_fails=3 fail_timeout=30s", DEST + ":443")
            .replace("http://register_server", "https://register_server"),
        "proxy_pass http://register_server in each location that leads to the register",
        "proxy_pass https://register_server on line 22");
  }

  @Test
  void anEditOfOursThatSomebodyChangedIsRefused() {
    refused(
        NginxSite.parse(SITE)
            .proxyTo(DEST)
            .replace(":443; # register-migration: added", ":443 backup;"),
        "one server line in upstream register_server (line 1)",
        "2, on lines 2, 3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "upstream register_server {",
        "server }",
        "}",
        "{",
        "a \"b",
        "location / { proxy_pass x }"
      })
  void whatNginxCannotReadIsRefused(String text) {
    assertThatThrownBy(() -> NginxSite.parse(text))
        .isInstanceOf(UnexpectedText.class)
        .hasMessageContaining("a configuration that nginx can read")
        .hasMessageContaining("on line 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "set $up register_server; proxy_pass http://$up;",
        "proxy_pass http://Register_Server;",
        "proxy_pass HTTP://register_server;",
        "proxy_pass http://register_server?x=1;",
        "proxy_pass http://register_server$path;",
        "grpc_pass register_server;",
        "grpc_pass grpc://register_server;",
        "uwsgi_pass register_server;",
        "fastcgi_pass register_server;",
        "scgi_pass register_server;",
        "memcached_pass register_server;",
        "set $part register; proxy_pass http://${part}_server;",
        "proxy_pass http://register:9000;",
        "if ($arg_a) { set $up 'register_server'; } proxy_pass http://$up;"
      })
  void anotherRoadToTheRegisterIsRefused(String road) {
    String site = SITE.replace("location / {", "location /other { " + road + " }\n  location / {");
    assertThatThrownBy(() -> NginxSite.parse(site).proxyTo(DEST))
        .isInstanceOfSatisfying(
            UnexpectedText.class,
            refusal -> {
              assertThat(refusal.expected()).startsWith("no other road to the register");
              assertThat(refusal.found()).contains("on line 21");
            });
    assertThatThrownBy(() -> NginxSite.parse(site).retryOn(DEST, "/tmp/f"))
        .isInstanceOf(UnexpectedText.class)
        .hasMessageContaining("no other road");
  }

  @Test
  void aMapOrAnotherUpstreamThatLeadsToTheRegisterIsRefused() {
    for (String road :
        List.of(
            "map $uri $up { default register_server; }\n",
            "split_clients $uri $up { 50% register_server; * mail_server; }\n",
            "upstream REGISTER_SERVER { server other:1; }\n",
            "upstream api { server register:9000; }\n")) {
      assertThatThrownBy(() -> NginxSite.parse(road + SITE).proxyTo(DEST))
          .as(road)
          .isInstanceOf(UnexpectedText.class)
          .hasMessageContaining("no other road");
    }
  }

  @Test
  void aFileWithAnotherRoadIsNotSaidToProxy() {
    String edited = NginxSite.parse(SITE).proxyTo(DEST);
    assertThat(
            NginxSite.parse("map $uri $up { default register_server; }\n" + edited)
                .isProxying(DEST))
        .isFalse();
  }

  private static final String WITH_INCLUDE =
      """
      upstream register_server { server r:1; }
      server {
        location / {
          include proxy_params;
          proxy_pass http://register_server;
        }
      }
      """;

  private static NginxSite among(String site, String http, String proxyParams) {
    return NginxSite.parse(
        site,
        NginxTree.parse(
            """
            # configuration file /app/conf/nginx.conf:
            http {
              %s
              include site.conf;
            }
            # configuration file /app/conf/site.conf:
            %s
            # configuration file /app/conf/proxy_params:
            %s
            """
                .formatted(http, site, proxyParams)),
        "/app/conf/site.conf");
  }

  @Test
  void anIncludedFileThatNobodyCanReadIsRefused() {
    refused(
        WITH_INCLUDE,
        "included files that can be read, for what they set holds for the register's location",
        "include proxy_params on line 4, and no word of nginx what stands in it");
  }

  @Test
  void whatAnIncludedFileSetsIsNotSetASecondTime() {
    String edited =
        among(
                WITH_INCLUDE,
                "proxy_set_header X-Tenant pryv;",
                """
                proxy_set_header Host $http_host;
                proxy_set_header X-Real-IP $remote_addr;
                proxy_ssl_name $host;
                """)
            .proxyTo(DEST);
    assertThat(locationOf(edited))
        .containsExactly(
            "include proxy_params;",
            "proxy_pass https://register_server;",
            "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
            "proxy_set_header X-Forwarded-Proto $scheme;",
            "proxy_ssl_server_name on;",
            "proxy_ssl_verify on;",
            "proxy_ssl_verify_depth 9;",
            "proxy_ssl_trusted_certificate /app/conf/register-migration-203.0.113.12.pem;");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "proxy_set_header Host $proxy_host;",
        "proxy_set_header host register;",
        "proxy_ssl_name register_server;",
        "proxy_ssl_server_name off;",
        "proxy_ssl_verify off;",
        "proxy_ssl_trusted_certificate other;"
      })
  void whatAnIncludedFileSetsOtherwiseIsRefused(String line) {
    assertThatThrownBy(() -> among(WITH_INCLUDE, "", line).proxyTo(DEST))
        .isInstanceOf(UnexpectedText.class)
        .hasMessageContaining(line + " in /app/conf/proxy_params");
  }

  @Test
  void aRoadInAnotherFileIsRefused() {
    assertThatThrownBy(
            () ->
                among(
                        WITH_INCLUDE,
                        "server { location / { proxy_pass http://register_server; } }",
                        "")
                    .proxyTo(DEST))
        .isInstanceOf(UnexpectedText.class)
        .hasMessageContaining(
            "proxy_pass http://register_server on line 2 of /app/conf/nginx.conf");
  }

  @Test
  void headersThatNginxConfSetsForAllAreRepeated() {
    String edited =
        among(
                WITH_INCLUDE,
                "proxy_set_header X-Tenant pryv; proxy_set_header Host $proxy_host;",
                "proxy_buffering off;")
            .proxyTo(DEST);
    assertThat(locationOf(edited))
        .contains("proxy_set_header X-Tenant pryv;", "proxy_set_header Host $host;")
        .doesNotContain("proxy_set_header Host $proxy_host;");
  }

  private static void refused(String site, String expected, String found) {
    assertThatThrownBy(() -> NginxSite.parse(site).proxyTo(DEST))
        .isInstanceOfSatisfying(
            UnexpectedText.class,
            refusal -> {
              assertThat(refusal.expected()).isEqualTo(expected);
              assertThat(refusal.found()).isEqualTo(found);
              assertThat(refusal.next()).isNotBlank();
              assertThat(refusal.in("source", "/var/pryv/site.conf"))
                  .hasMessageContaining("source: /var/pryv/site.conf")
                  .hasMessageContaining("expected: " + expected)
                  .hasMessageContaining("found: " + found)
                  .hasMessageContaining("next: ");
            });
  }

  private static Stream<String> locationOf(String edited) {
    return edited
        .lines()
        .dropWhile(line -> !line.contains("location / {"))
        .skip(1)
        .takeWhile(line -> !line.strip().equals("}"))
        .map(line -> line.replace("# register-migration: added", "").strip())
        .filter(line -> !line.startsWith("#"));
  }

  private static String nginxTest(Path directory, String site) throws Exception {
    run(
        directory,
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key",
        "-out",
        "crt",
        "-days",
        "2",
        "-subj",
        "/CN=pryv.lab");
    Files.writeString(
        directory.resolve("site.conf"),
        site.replaceAll("(mail|old|register2?):9000", "127.0.0.1:9000")
            .replaceAll("/app/conf/secret/pryv.lab-bundle.crt", "crt")
            .replaceAll("/app/conf/secret/pryv.lab-key.pem", "key")
            .replace(ServerIdentity.fileInside(DEST), "crt"));
    Path conf =
        Files.writeString(
            directory.resolve("nginx.conf"),
            """
            pid %1$s/pid;
            error_log stderr;
            events {}
            http {
              access_log off;
              client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
              uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
              ssl_certificate crt;
              ssl_certificate_key key;
              include site.conf;
            }
            """
                .formatted(directory));
    return run(directory, "nginx", "-t", "-c", conf.toString());
  }

  private static String run(Path directory, String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  @Test
  void aRetryOnDestStandsBesideWhatWasThere() {
    assertThat(NginxSite.parse(SITE).retryOn(DEST, "/tmp/failures.log").replace(ADDED, ""))
        .isEqualTo(
            """
            map "$request_method $uri" $register_migration_after_500_1 {
              default @register_migration_dest_1;
              "~*^POST .*/user/?$" @register_migration_500;
            }
            map $request_method $register_migration_after_5xx_1 {
              default @register_migration_502;
              GET @register_migration_dest_1;
              HEAD @register_migration_dest_1;
            }
            map $request_body $register_migration_user {
              default -;
              '~"username"\\s*:\\s*"(?<register_migration_json>[\\w.-]+)"' $register_migration_json;
              '~(^|&)username=(?<register_migration_form>[\\w.-]+)' $register_migration_form;
            }
            log_format register_migration_failures '$msec $remote_addr $request_method $uri $status $register_migration_user';
            """
                + SITE.replace(
                    """
                      location / {
                        proxy_pass http://register_server;
                      }
                    """,
                    """
                      location @register_migration_dest_1 {
                        proxy_pass https://203.0.113.12:443;
                        proxy_set_header Host $host;
                        proxy_set_header X-Real-IP $remote_addr;
                        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                        proxy_set_header X-Forwarded-Proto $scheme;
                        proxy_ssl_server_name on;
                        proxy_ssl_name $host;
                        proxy_ssl_verify on;
                        proxy_ssl_verify_depth 9;
                        proxy_ssl_trusted_certificate /app/conf/register-migration-203.0.113.12.pem;
                        proxy_connect_timeout 2s;
                        proxy_read_timeout 4s;
                      }
                      location @register_migration_500 {
                        access_log /tmp/failures.log register_migration_failures;
                        lingering_close off;
                        return 500;
                      }
                      location @register_migration_502 {
                        access_log /tmp/failures.log register_migration_failures;
                        lingering_close off;
                        return 502;
                      }
                      location / {
                        # register-migration: was: proxy_pass http://register_server;
                        proxy_pass http://register_server;
                        proxy_intercept_errors on;
                        error_page 500 = $register_migration_after_500_1;
                        error_page 502 503 504 = $register_migration_after_5xx_1;
                      }
                    """));
  }

  @Test
  void theThreeTextsLeadToEachOtherAndBackToTheByte() {
    String retry = NginxSite.parse(SITE).retryOn(DEST, "/tmp/f");
    String proxy = NginxSite.parse(SITE).proxyTo(DEST);

    assertThat(NginxSite.undo(retry)).isEqualTo(SITE);
    assertThat(NginxSite.parse(retry).retryOn(DEST, "/tmp/f")).isEqualTo(retry);
    assertThat(NginxSite.parse(retry).proxyTo(DEST)).isEqualTo(proxy);
    assertThat(NginxSite.parse(proxy).retryOn(DEST, "/tmp/f")).isEqualTo(retry);
    assertThat(NginxSite.parse(retry).isProxying(DEST)).isFalse();
  }

  @Test
  void whatTheLocationDoesIsDoneForARequestThatIsAskedAgain() {
    String retry =
        NginxSite.parse(
                SITE.replace(
                    "    proxy_pass http://register_server;\n",
                    """
                        add_header Access-Control-Allow-Origin '*';
                        proxy_set_header Host register;
                        proxy_set_header X-Real-IP
                            $realip_remote_addr;
                        proxy_pass http://register_server; proxy_read_timeout 90s;
                    """))
            .retryOn(DEST, "/tmp/f");

    assertThat(retry.replace(ADDED, ""))
        .contains(
            """
              location @register_migration_dest_1 {
                add_header Access-Control-Allow-Origin '*';
                proxy_set_header X-Real-IP $realip_remote_addr;
                proxy_pass https://203.0.113.12:443;
                proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header X-Forwarded-Proto $scheme;
                proxy_ssl_server_name on;
                proxy_ssl_name $host;
                proxy_ssl_verify on;
                proxy_ssl_verify_depth 9;
                proxy_ssl_trusted_certificate /app/conf/register-migration-203.0.113.12.pem;
                proxy_connect_timeout 2s;
                proxy_read_timeout 4s;
              }
            """);
  }

  @Test
  void aRetryStandsAsWellInAFileThatHoldsAllOfHttp() {
    assertThat(NginxSite.parse("http {\n" + SITE + "}\n").retryOn(DEST, "/tmp/f"))
        .contains("location @register_migration_dest_1 {");
  }

  @Test
  void aRetryIsRefusedForTheRightReasonWhereBlocksShareALine() {
    String site =
        """
        http { upstream register_server { server register:9000; }
        server { location / {
        proxy_pass http://register_server;
        } } }
        """;
    assertThatThrownBy(() -> NginxSite.parse(site).retryOn(DEST, "/tmp/f"))
        .isInstanceOf(UnexpectedText.class)
        .hasMessageContaining("at the beginning of a line");
  }

  static Stream<Arguments> sitesUnfitForRetry() {
    return Stream.of(
        Arguments.of("http://register_server/api/;", "proxy_pass without a path"),
        Arguments.of("http://register_server; error_page 404 /x;", "no error_page"),
        Arguments.of("http://register_server; proxy_intercept_errors on;", "no proxy_intercept"),
        Arguments.of("http://register_server; if ($a) { return 404; }", "no if"),
        Arguments.of("http://register_server; proxy_request_buffering off;", "request bodies"));
  }

  @ParameterizedTest
  @MethodSource("sitesUnfitForRetry")
  void refusesARetryThatWouldDoSomethingElseThanItSays(String pass, String expected) {
    NginxSite site = NginxSite.parse(SITE.replace("http://register_server;", pass));
    assertThatThrownBy(() -> site.retryOn(DEST, "/tmp/f"))
        .isInstanceOf(UnexpectedText.class)
        .hasMessageContaining(expected)
        .hasMessageContaining("retryOnDest: false");
  }
}
