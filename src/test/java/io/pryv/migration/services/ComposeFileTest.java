package io.pryv.migration.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.platform.ComposeServices;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ComposeFileTest {

  private static final String PRIVATE_ADDRESS =
      """
      version: '2'

      services:

        reverse_proxy:
          image: "pryv/nginx:1.2.13"
          ports:
            - "443:443"

        redis:
          image: "pryv/redis:1.2.13"
          restart: always
          # The slave's Redis follows over the private address.
          ports:
            - "10.8.0.1:6379:6379"   # private
          volumes:
            - ./reg-master/redis/data/:/app/data/
      """;

  @Test
  void thePortJoinsAnExistingSection() {
    assertThat(ComposeFile.publishRedisOnLoopback(PRIVATE_ADDRESS))
        .isEqualTo(
            PRIVATE_ADDRESS.replace(
                "      - \"10.8.0.1",
                "      - \"127.0.0.1:6379:6379\" # register-migration: added\n"
                    + "      - \"10.8.0.1"));
  }

  @Test
  void aMissingSectionIsAdded() {
    assertThat(
            ComposeFile.publishRedisOnLoopback(
                """
                services:
                  redis:
                    image: pryv/redis
                    #ports:  # used if reg-slave is defined
                    #  - "10.8.0.1:6379:6379"
                """))
        .isEqualTo(
            """
            services:
              redis:
                ports: # register-migration: added
                  - "127.0.0.1:6379:6379" # register-migration: added
                image: pryv/redis
                #ports:  # used if reg-slave is defined
                #  - "10.8.0.1:6379:6379"
            """);
  }

  static Stream<Arguments> shapes() throws IOException {
    return Stream.of(
        Arguments.of("a private address", PRIVATE_ADDRESS),
        Arguments.of(
            "the practice platform's",
            Files.readString(Path.of("src/lab/platform/master/reg-master.yml"))
                .replace("@ADDRESS@", "10.0.0.1")
                .replace("@XMX@", "96m")),
        Arguments.of("lines ended by CR LF", PRIVATE_ADDRESS.replace("\n", "\r\n")),
        Arguments.of("no newline at the end", PRIVATE_ADDRESS.strip()),
        Arguments.of("four spaces", PRIVATE_ADDRESS.replace("  ", "    ")),
        Arguments.of(
            "no indentation of items, redis last, no newline",
            "services:\n  redis:\n    image: r\n    ports:\n    - 10.8.0.1:6379:6379"),
        Arguments.of(
            "everything commented out below the key",
            "services:\n  redis:\n    ports:\n    #  - \"10.8.0.1:6379:6379\"\n    image: r\n"),
        Arguments.of(
            "an empty key on the last line", "services:\n  redis:\n    image: r\n    ports:"),
        Arguments.of(
            "an explicit null", "services:\n  redis:\n    ports: ~ # none\n    image: r\n"),
        Arguments.of(
            "items in brackets",
            "services:\n  redis:\n    image: r\n    ports: [\"10.8.0.1:6379:6379\", \"7000:7000\"]"),
        Arguments.of(
            "brackets over several lines",
            "services:\n  redis:\n    ports: [\n      \"7000:7000\"\n      ]\n    image: r\n"),
        Arguments.of(
            "empty brackets", "services:\n  redis:\n    image: r\n    ports: [ ] # none yet\n"),
        Arguments.of(
            "ports with names",
            """
            version: '3.7'
            services:
              redis:
                ports:
                  # the slave's
                  - target: 6379
                    published: 6380
                    protocol: tcp
                image: r
            """),
        Arguments.of(
            "redis before services that look alike",
            """
            services:
              redis :
                # image: old
                image: r
                expose:
                  - 6379
              redis-sentinel:
                image: s
                ports:
                  - "26379:26379"
            x-redis:
              ports: []
            """),
        Arguments.of(
            "a service with everything in quotes",
            "\"services\":\n  \"redis\":\n    \"image\": \"r\"\n    \"ports\":\n      - '1:1'\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("shapes")
  void thePortIsPublishedAndNothingElseChanges(String shape, String text) {
    String edited = ComposeFile.publishRedisOnLoopback(text);

    assertThat(ComposeFile.publishesRedisOnLoopback(text)).isFalse();
    assertThat(ComposeFile.publishesRedisOnLoopback(edited)).isTrue();
    List<String> before = ComposeServices.parse(text).service("redis").orElseThrow().ports();
    assertThat(ComposeServices.parse(edited).service("redis").orElseThrow().ports())
        .containsExactlyElementsOf(
            Stream.concat(Stream.of("127.0.0.1:6379:6379"), before.stream()).toList());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("shapes")
  void theEditIsWhollyUndoneAndDoneOnce(String shape, String text) {
    String edited = ComposeFile.publishRedisOnLoopback(text);

    assertThat(ComposeFile.undo(edited)).isEqualTo(text);
    assertThat(ComposeFile.undo(text)).isEqualTo(text);
    assertThat(ComposeFile.publishRedisOnLoopback(edited)).isEqualTo(edited);
  }

  @Test
  void dockerComposeAcceptsTheResult(@TempDir Path directory) throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("reg-master.yml"),
            ComposeFile.publishRedisOnLoopback(PRIVATE_ADDRESS));
    Process compose =
        new ProcessBuilder("docker-compose", "-f", file.toString(), "config")
            .redirectErrorStream(true)
            .start();
    String output = new String(compose.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(compose.waitFor()).as(output).isZero();
    assertThat(output).contains("127.0.0.1:6379:6379").contains("10.8.0.1:6379:6379");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1:6379:6379",
        "6379:6379",
        "0.0.0.0:6379:6379",
        "127.0.0.1:6379:6379/tcp"
      })
  void aPortThatTheLoopbackHasAlreadyIsLeftAlone(String port) {
    String text = PRIVATE_ADDRESS.replace("10.8.0.1:6379:6379", port);

    assertThat(ComposeFile.publishRedisOnLoopback(text)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"6380:6379", "127.0.0.1:6379:6380", "6379", "127.0.0.1:6379:6379/udp"})
  void anotherPortIsNotMistakenForIt(String port) {
    assertThat(
            ComposeFile.publishesRedisOnLoopback(
                PRIVATE_ADDRESS.replace("10.8.0.1:6379:6379", port)))
        .isFalse();
  }

  @Test
  void aFileWithoutRedisIsRefused() {
    refused(
        PRIVATE_ADDRESS.replace("  redis:", "  valkey:"),
        "a service named redis",
        "services reverse_proxy, valkey");
  }

  @Test
  void aFileThatIsNoComposeFileIsRefused() {
    refused("redis:\n  image: r\n", "a docker-compose file of version 2 or 3", "no services:");
    refused("", "a docker-compose file of version 2 or 3", "no properties");
  }

  @Test
  void tabsAreRefusedAsComposeRefusesThem() {
    refused(
        PRIVATE_ADDRESS.replace("    image", "\timage"),
        "a docker-compose file of version 2 or 3",
        "no YAML");
  }

  @Test
  void aRepeatedKeyIsRefused() {
    refused(
        PRIVATE_ADDRESS + "    ports: []\n",
        "a docker-compose file of version 2 or 3",
        "duplicate key ports");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "services: {redis: {image: r}}\n",
        "services:\n  redis: {image: r, ports: []}\n",
        "services:\n  redis:\n",
      })
  void aShapeThatCannotBeEditedSafelyIsRefused(String text) {
    refused(text, "a service redis of its own", "a shape this edit is not safe for");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "services:\n  other: &o\n    image: r\n  redis: *o\n",
        "x: &p\n  - \"7000:7000\"\nservices:\n  redis:\n    image: r\n    ports: *p\n",
        "x: &d\n  ports: [\"7000:7000\"]\nservices:\n  redis:\n    <<: *d\n    image: r\n",
        "services:\n  redis:\n    ports: &p\n      - \"7000:7000\"\n  o:\n    ports: *p\n",
      })
  void portsThatAnotherPlaceSharesAreRefusedForThatReason(String text) {
    refused(text, "no other place of the file shares", "YAML anchors");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "services:\n  redis: &r\n    image: r\n",
        "services:\n  redis: &r\n    image: r\n    ports: &p\n      - \"7000:7000\"\n",
        "services:\n  redis: &r\n    image: r\n    ports: &p [ \"7000:7000\" ]\n",
        "services:\n  redis: # a\r    b: c\n    image: r\n    ports:\n      - \"7000:7000\"\n",
        "# one\rtwo: 2\rthree: 3\nservices:\n  redis:\n    image: r\n",
        "# \ud83d\ude00\nservices:\n  redis:\n    image: r\n    ports: []\n",
        "services:\n  redis:\n    image: r\n    ports: [\"[::1]:6379:6379\", \"10.0.0.1:6379:1\"]\n",
        "services:\n  redis:\n    image: r\n  o:\n    ports: [\"127.0.0.2:6379:1\", \"6379:1/udp\"]\n",
        "services:\n  redis:\n    image: r\n  o:\n    ports: [\"${WEB:-443}:443\"]\n",
      })
  void thePortIsAddedAndNothingElseChanges(String text) {
    String edited = ComposeFile.publishRedisOnLoopback(text);

    assertThat(ComposeFile.publishesRedisOnLoopback(edited)).isTrue();
    assertThat(ComposeFile.undo(edited)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis:\n    ports: [\"6379:16379\"]",
        "redis:\n    ports: [\"6370-6380:7000-7010\"]",
        "redis:\n    ports: [\"6370-6380:6379\"]",
        "redis:\n    ports: [\"[::]:6379:6379\"]",
        "redis:\n    ports: [{target: 1, published: 6379, host_ip: 127.0.0.1}]",
        "redis:\n    image: r\n  cache:\n    ports: [\"6379:6379\"]",
        "redis:\n    image: r\n  cache:\n    ports: [\"127.0.0.1:6370-6380:6370-6380\"]",
        "redis:\n    image: r\n  cache:\n    ports: [{target: 6379, published: '6379'}]",
      })
  void aPortThatSomebodyElseHasIsNotPublishedTwice(String services) {
    refused("services:\n  " + services + "\n", "leading to 6379 of service redis", "of service");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ports: [\"6379-6380:6379-6380\"]",
        "ports: [{target: 6379, published: 6379, protocol: tcp, mode: host}]",
        "ports: [{target: 6379, published: '6379', host_ip: 127.0.0.1}]",
      })
  void whatLeadsThereAlreadyIsUnderstood(String ports) {
    String text = "services:\n  redis:\n    image: r\n    " + ports + "\n";

    assertThat(ComposeFile.publishRedisOnLoopback(text)).isEqualTo(text);
  }

  @Test
  void whatCannotBeUnderstoodIsRefused() {
    refused(
        "services:\n  redis:\n    ports: [\"${REDIS_PORT:-6379}:6379\"]\n",
        "as numbers",
        "${REDIS_PORT:-6379}:6379");
    refused(
        "services:\n  redis:\n    image: r\n    network_mode: host\n",
        "a network of its own",
        "network_mode: host");
  }

  @Test
  void asManyAliasesAsComposeReadsAreRead() {
    StringBuilder text = new StringBuilder("x: &l\n  driver: json-file\nservices:\n");
    for (int i = 0; i < 60; i++) {
      text.append("  s").append(i).append(":\n    image: r\n    logging: *l\n");
    }
    text.append("  redis:\n    image: r\n    logging: *l\n");

    assertThat(ComposeFile.publishRedisOnLoopback(text.toString())).contains("127.0.0.1:6379:6379");
  }

  private static void refused(String text, String expected, String found) {
    assertThatThrownBy(() -> ComposeFile.publishRedisOnLoopback(text))
        .isInstanceOfSatisfying(
            UnexpectedText.class,
            refusal -> {
              assertThat(refusal.expected()).contains(expected);
              assertThat(refusal.found()).contains(found);
              assertThat(refusal.in("dest", "/var/pryv/reg-master.yml"))
                  .hasMessageStartingWith("dest: /var/pryv/reg-master.yml")
                  .hasMessageContaining("next: ");
            });
  }
}
