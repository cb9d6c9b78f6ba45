package io.pryv.migration.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlatformFileTest {

  private static final String SMALL =
      """
      domain: pryv.example
      ssh:
        key: id
        knownHosts: known_hosts
      source:
        host: 198.51.100.11
      dest:
        host: 203.0.113.12
      """;

  @TempDir Path directory;

  @BeforeEach
  void keyAndKnownHosts() throws IOException {
    key("id", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n-----END RSA PRIVATE KEY-----\n");
    Files.writeString(directory.resolve("known_hosts"), "198.51.100.11 ssh-ed25519 AAAA\n");
  }

  @Test
  void aSmallFileGetsTheDocumentedDefaults() throws IOException {
    Platform platform = read(SMALL);

    assertThat(platform.name()).isEqualTo("demo");
    assertThat(platform.domain()).isEqualTo("pryv.example");
    assertThat(platform.knownHosts()).isEqualTo(directory.resolve("known_hosts").toString());
    assertThat(platform.source())
        .isEqualTo(
            new Machine(
                Machine.Role.SOURCE,
                "source",
                "198.51.100.11",
                22,
                "root",
                directory.resolve("id").toString(),
                "/var/pryv",
                "198.51.100.11"));
    assertThat(platform.sourceSlaves()).isEmpty();
    assertThat(platform.options())
        .isEqualTo(
            new Options(
                true,
                "",
                "rsa",
                5,
                1_048_576,
                Duration.ofMinutes(2),
                false,
                List.of("reg", "access"),
                200,
                Duration.ofMinutes(1),
                null));
  }

  @Test
  void everyPropertyIsRead() throws IOException {
    key("dest-key", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n");
    Platform platform =
        read(
            """
            # comments are fine
            domain: Pryv.Example
            confRoot: /srv/pryv
            ssh: {user: deploy, port: 2200, key: id, knownHosts: known_hosts}
            source:
              host: reg.old.example
              publicAddress: 198.51.100.11
              layout:
                composeCommand: docker compose
                nginxSiteFile: /srv/pryv/reg-master/nginx/conf/site-443.conf
                redisContainer: pryv_redis_1
                nginxContainer: pryv_reverse_proxy_1
                registerContainer: pryv_register_1
                dnsContainer: pryv_dns_1
            sourceSlaves:
              - host: 198.51.100.13
              - host: 198.51.100.15
            dest:
              host: 203.0.113.12
              port: 22
              user: root
              key: dest-key
              confRoot: /var/pryv
            destSlaves:
              - host: 203.0.113.14
            nameServers:
              parents: [192.0.2.1, "192.0.2.2:5300"]
              resolvers: [192.0.2.53]
            options:
              backup: false
              backupDirectory: /backup
              keyType: ed25519
              preSyncRounds: 3
              smallDelta: 10MB
              longestOutage: 90s
              destUsersMayGo: true
              staticNames: [reg]
              dnsSample: 10
              checkEvery: PT2S
              quietPeriod: 24h
              strategy: live
              retryOnDest: false
              fourEyes: true
              holdWrites: 3s
            """);

    assertThat(platform.domain()).isEqualTo("pryv.example");
    assertThat(platform.machines())
        .extracting(Machine::name)
        .containsExactly("source", "dest", "source-slave-1", "source-slave-2", "dest-slave");
    assertThat(platform.source().layout())
        .isEqualTo(
            new LayoutDetails(
                "docker compose",
                "/srv/pryv/reg-master/nginx/conf/site-443.conf",
                "pryv_redis_1",
                "pryv_reverse_proxy_1",
                "pryv_register_1",
                "pryv_dns_1"));
    assertThat(platform.sourceSlaves())
        .allSatisfy(
            slave -> {
              assertThat(slave.user()).isEqualTo("deploy");
              assertThat(slave.port()).isEqualTo(2200);
              assertThat(slave.confRoot()).isEqualTo("/srv/pryv");
            });
    assertThat(platform.dest().keyFile()).isEqualTo(directory.resolve("dest-key").toString());
    assertThat(platform.parentNameServers()).containsExactly("192.0.2.1", "192.0.2.2:5300");
    assertThat(platform.options())
        .isEqualTo(
            new Options(
                false,
                "/backup",
                "ed25519",
                3,
                10L << 20,
                Duration.ofSeconds(90),
                true,
                List.of("reg"),
                10,
                Duration.ofSeconds(2),
                Duration.ofHours(24),
                "live",
                false,
                true,
                Duration.ofSeconds(3)));
  }

  @Test
  void thePracticePlatformsFileIsValid() throws IOException {
    Files.createDirectory(directory.resolve("ssh"));
    key(
        "ssh/operator",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n-----END RSA PRIVATE KEY-----\n");
    Files.writeString(directory.resolve("ssh/known_hosts"), "");
    String template = Files.readString(Path.of("src/lab/platform/platform.yaml"));

    Platform platform = read(template.replace("@LAB@", directory.toString()));

    assertThat(platform.machines())
        .extracting(Machine::publicAddress)
        .containsExactly("10.90.0.11", "10.90.0.12", "10.90.0.13", "10.90.0.14");
  }

  @Test
  void aPlatformSurvivesTheEnginesStoreAsJson() throws IOException {
    ObjectMapper json = new ObjectMapper().registerModule(new JavaTimeModule());
    Platform platform =
        read(SMALL + "options: {quietPeriod: 90s}\nsourceSlaves: [{host: 1.2.3.4}]\n");

    String stored = json.writeValueAsString(platform);

    assertThat(json.readValue(stored, Platform.class)).isEqualTo(platform);
    Layout layout =
        new Layout(
            "docker-compose",
            "/c.yml",
            "pryv",
            "/run",
            "/stop",
            "/data",
            "9999:9999",
            "/r.conf",
            "/n",
            "/n/site.conf",
            "/n/access.log",
            "r",
            "n",
            "g",
            "d",
            "5.0.2");
    assertThat(json.readValue(json.writeValueAsString(layout), Layout.class)).isEqualTo(layout);
  }

  @Test
  void allProblemsAreToldAtOnceWithPathAndValue() {
    assertThat(
            problemsOf(
                """
                domain: "pryv;reboot"
                ssh: {key: id, knownHosts: known_hosts, prot: 22}
                source: {host: 198.51.100.11, user: "ro ot"}
                dest: {host: 203.0.113.12, port: 22x, confRoot: var/pryv}
                options: {longestOutage: 10, backup: maybe, quietPeriod: -PT1H}
                """))
        .containsExactlyInAnyOrder(
            "domain: expected a domain name such as pryv.example (letters, digits, hyphens, dots),"
                + " found \"pryv;reboot\"",
            "ssh.prot: expected one of user, port, key, weakAlgorithms, knownHosts, found an unknown property on"
                + " line 2",
            "source.user: expected a user name (letters, digits, . _ -), found \"ro ot\"",
            "dest.port: expected a number 1–65535, found \"22x\"",
            "dest.confRoot: expected an absolute path of letters, digits and . _ + @ = - without"
                + " .., found \"var/pryv\"",
            "options.longestOutage: expected a duration such as 90s, 15m, 24h, 2d or PT24H, at"
                + " least 5s, found \"10\"",
            "options.backup: expected true or false, found \"maybe\"",
            "options.quietPeriod: expected a duration such as 90s, 15m, 24h, 2d or PT24H, at least"
                + " 1s, found \"-PT1H\"");
  }

  @Test
  void theMessageNamesFileExpectedFoundAndNextMove() {
    assertThatThrownBy(() -> read(SMALL.replace("203.0.113.12", "203.0.113.12\n  port: 22x")))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining(directory.resolve("demo.yaml").toString())
        .hasMessageContaining("expected: every property as docs/platform-file.md describes it")
        .hasMessageContaining("found: dest.port: expected a number 1–65535, found \"22x\"")
        .hasMessageContaining("next: correct the file and start again; no machine was touched");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a b",
        "a;b",
        "a$(reboot)",
        "a`id`",
        "a|b",
        "a&b",
        "a>b",
        "a'b",
        "a\\\"b",
        "a\\nb",
        "a\\tb",
        "a\\u0000b",
        "a*b",
        "a\\\\b",
        "-oProxyCommand=x",
        "a{b}",
        "a#b",
        "é"
      })
  void noNameWithAMeaningToAShellPasses(String bad) {
    String yaml =
        """
        domain: "%1$s.example"
        confRoot: "/%1$s"
        ssh: {user: "%1$s", key: "/%1$s", knownHosts: "/%1$s"}
        source:
          host: "%1$s"
          publicAddress: "%1$s"
          layout: {nginxSiteFile: "/%1$s", redisContainer: "%1$s"}
        dest: {host: 203.0.113.12, key: id}
        nameServers: {parents: ["%1$s"]}
        options: {backupDirectory: "/%1$s", staticNames: ["%1$s"]}
        """
            .formatted(bad);

    assertThat(problemsOf(yaml))
        .extracting(problem -> problem.substring(0, problem.indexOf(':')))
        .contains(
            "domain",
            "ssh.user",
            "source.host",
            "source.publicAddress",
            "source.layout.redisContainer",
            "nameServers.parents[0]",
            "options.staticNames[0]");
    if (!bad.startsWith("-")) {
      assertThat(problemsOf(yaml))
          .extracting(problem -> problem.substring(0, problem.indexOf(':')))
          .contains(
              "confRoot",
              "ssh.key",
              "ssh.knownHosts",
              "source.layout.nginxSiteFile",
              "options.backupDirectory");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/var/pryv/", "//var", "/var/../etc", "/./var", "relative", ""})
  void anAbsolutePathIsPlainAndEndsInAName(String path) {
    assertThat(problemsOf("confRoot: \"" + path + "\"\n" + SMALL))
        .singleElement()
        .asString()
        .startsWith("confRoot: expected an absolute path")
        .endsWith("found \"" + path + "\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"300.1.1.1", "1.2.3", "1.2.3.4.5", "0.0.0.0", "01.2.3.4", "::1", "name"})
  void aPublicAddressIsAnIpv4Address(String address) {
    assertThat(
            problemsOf(SMALL.replace("host: 203.0.113.12", "host: d\n  publicAddress: " + address)))
        .singleElement()
        .asString()
        .startsWith("dest.publicAddress: expected an IPv4 address");
  }

  @ParameterizedTest
  @CsvSource({"0", "65536", "-1", "022", "0x16", "22.0", "1_000", "' '", "99999999999"})
  void aPortIsTakenAsWrittenAndInRange(String port) {
    assertThat(problemsOf(SMALL + "  port: \"" + port + "\"\n"))
        .containsExactly("dest.port: expected a number 1–65535, found \"" + port + "\"");
  }

  @Test
  void sourceAndDestAtOneAddressAreRefused() {
    assertThat(problemsOf(SMALL.replace("203.0.113.12", "198.51.100.11")))
        .containsExactly(
            "dest: expected another machine than source, found the same host and port"
                + " 198.51.100.11:22");
  }

  @Test
  void sourceAndDestWithOnePublicAddressAreRefused() {
    assertThat(
            problemsOf(
                SMALL.replace(
                    "host: 203.0.113.12", "host: dest.example\n  publicAddress: 198.51.100.11")))
        .containsExactly(
            "dest: expected another machine than source, found the same public address"
                + " 198.51.100.11");
  }

  @Test
  void aSlaveThatIsAlsoAMasterIsRefused() {
    assertThat(problemsOf(SMALL + "destSlaves:\n  - host: 198.51.100.11\n"))
        .containsExactly(
            "dest-slave: expected another machine than source, found the same host and port"
                + " 198.51.100.11:22");
  }

  @Test
  void twoMachinesBehindOneAddressAreToldApartByTheirPorts() throws IOException {
    Platform platform =
        read(
            SMALL
                .replace(
                    "host: 198.51.100.11", "host: gate\n  port: 2201\n  publicAddress: 1.0.0.1")
                .replace(
                    "host: 203.0.113.12", "host: gate\n  port: 2202\n  publicAddress: 1.0.0.2"));

    assertThat(platform.dest().port()).isEqualTo(2202);
  }

  @Test
  void aMissingFileIsNamed() {
    assertThat(catchProblems(directory.resolve("none.yaml")))
        .containsExactly("file: expected a platform file, found no file there");
  }

  @Test
  void aDirectoryIsNotAPlatformFile() {
    assertThat(catchProblems(directory))
        .singleElement()
        .asString()
        .startsWith("file: expected a readable file, found: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n", "# only a comment\n"})
  void anEmptyFileIsRefused(String text) {
    assertThat(problemsOf(text))
        .containsExactly("file: expected a platform (docs/platform-file.md), found an empty file");
  }

  @Test
  void bytesThatAreNoTextAreRefused() throws IOException {
    Path file = directory.resolve("demo.yaml");
    Files.write(file, "domain: pryv.éxample\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(catchProblems(file))
        .containsExactly("file: expected text in UTF-8, found other bytes");
  }

  @Test
  void brokenYamlIsToldWithItsLine() {
    assertThat(problemsOf("domain: pryv.example\n\tssh: x\n"))
        .singleElement()
        .asString()
        .startsWith("file: expected YAML, found: ")
        .contains("line 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"just text", "[a, b]", "42"})
  void somethingOtherThanPropertiesIsRefused(String text) {
    assertThat(problemsOf(text))
        .anyMatch(problem -> problem.startsWith("file: expected properties"));
  }

  @Test
  void aRepeatedPropertyIsRefused() {
    assertThat(problemsOf(SMALL + "domain: other.example\n"))
        .containsExactly("domain: expected once, found again on line 9");
  }

  @Test
  void aMergeKeyOrASecondDocumentIsRefused() {
    assertThat(problemsOf(SMALL + "<<: {domain: x}\n")).isNotEmpty();
    assertThat(problemsOf(SMALL + "---\n" + SMALL)).isNotEmpty();
  }

  @Test
  void whatIsMissingIsNamedWithAnExample() {
    assertThat(problemsOf("options: {}\n"))
        .containsExactlyInAnyOrder(
            "ssh.knownHosts: expected a path of letters, digits and . _ + @ = - /, which may begin"
                + " with ~/, found nothing; example: known_hosts",
            "domain: expected a domain name such as pryv.example (letters, digits, hyphens, dots),"
                + " found nothing; example: pryv.example",
            "source.host: expected a host name or IPv4 address (letters, digits, hyphens, dots),"
                + " found nothing; example: 203.0.113.7",
            "source.publicAddress: expected an IPv4 address by which others reach the machine,"
                + " found nothing; example: 203.0.113.7",
            "source.key: expected the path of a private key, here or as ssh.key, found nothing",
            "dest.host: expected a host name or IPv4 address (letters, digits, hyphens, dots),"
                + " found nothing; example: 203.0.113.7",
            "dest.publicAddress: expected an IPv4 address by which others reach the machine,"
                + " found nothing; example: 203.0.113.7",
            "dest.key: expected the path of a private key, here or as ssh.key, found nothing");
  }

  @Test
  void aMissingKeyIsNamed() throws IOException {
    Files.delete(directory.resolve("id"));
    assertThat(problemsOf(SMALL))
        .containsExactly(
            "key: expected a private key file that only its owner can read, found no file "
                + directory.resolve("id"));
  }

  @Test
  void aKeyThatOthersMayReadIsRefusedAsSshWould() throws IOException {
    Files.setPosixFilePermissions(
        directory.resolve("id"), PosixFilePermissions.fromString("rw-r-----"));
    assertThat(problemsOf(SMALL))
        .singleElement()
        .asString()
        .contains("with permissions rw-r-----, which ssh refuses (chmod 600 it)");
  }

  static Stream<String> keysWithAPassphrase() {
    return Stream.of("rsa", "ed25519", "rsa -m PEM", "ecdsa -m PKCS8");
  }

  @ParameterizedTest
  @MethodSource("keysWithAPassphrase")
  void aKeyWithAPassphraseIsRefusedWithoutTellingItsContent(String type) throws Exception {
    Path key = generateKey(type, "open sesame");

    List<String> problems = problemsOf(SMALL.replace("id\n", "generated\n"));

    assertThat(problems)
        .containsExactly(
            "key: expected a private key without a passphrase, found "
                + key
                + ", which has one (make a key for the migration: ssh-keygen -t ed25519 -N '')");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rsa", "ed25519", "rsa -m PEM", "ecdsa -m PKCS8"})
  void aKeyWithoutAPassphraseIsTaken(String type) throws Exception {
    Path key = generateKey(type, "");

    assertThat(read(SMALL.replace("id\n", "generated\n")).source().keyFile())
        .isEqualTo(key.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "ssh-ed25519 AAAAC3Nza me@here, 'a public one'",
    "PuTTY-User-Key-File-3: ssh-ed25519, 'in another format'",
    "'', 'in another format'"
  })
  void aFileThatIsNoPrivateKeyIsToldWithoutItsContent(String content, String found)
      throws IOException {
    key("id", content);
    assertThat(problemsOf(SMALL))
        .singleElement()
        .asString()
        .contains(found)
        .doesNotContain("AAAAC3Nza");
  }

  @Test
  void missingHostKeysAreNoticedBeforeAnythingIsReached() throws IOException {
    Files.delete(directory.resolve("known_hosts"));
    assertThat(problemsOf(SMALL))
        .singleElement()
        .asString()
        .startsWith("ssh.knownHosts: expected a readable file with the machines' host keys")
        .endsWith("found no file " + directory.resolve("known_hosts"));
  }

  @ParameterizedTest
  @CsvSource({"24h,PT24H", "90s,PT1M30S", "1500ms,PT1.5S", "2d,PT48H", "15 m,PT15M", "pt24h,PT24H"})
  void durationsAreReadAsOperatorsWriteThem(String text, Duration duration) {
    assertThat(Amount.duration(text)).contains(duration);
  }

  @ParameterizedTest
  @ValueSource(strings = {"24", "h", "1.5h", "24hours", "", "P", "1h30m", "9999999999s"})
  void otherDurationsAreNot(String text) {
    assertThat(Amount.duration(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0,0", "4096,4096", "1KB,1024", "10 mb,10485760", "2GB,2147483648"})
  void sizesAreReadAsOperatorsWriteThem(String text, long bytes) {
    assertThat(Amount.bytes(text)).contains(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.5MB", "-1", "MB", "1TB", "999999999999GB", ""})
  void otherSizesAreNot(String text) {
    assertThat(Amount.bytes(text)).isEmpty();
  }

  private Path generateKey(String type, String passphrase) throws Exception {
    Path key = directory.resolve("generated");
    List<String> command =
        Stream.of(
                Stream.of("ssh-keygen", "-q", "-N", passphrase, "-f", key.toString(), "-t"),
                Stream.of(type.split(" ")))
            .flatMap(words -> words)
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return key;
  }

  @ParameterizedTest
  @ValueSource(strings = {"known_hosts", "demo.yaml", "."})
  void whatOthersMayWriteIsRefusedWithTheCommandThatMendsIt(String name) throws IOException {
    Path open = directory.resolve(name).normalize();
    Files.writeString(directory.resolve("demo.yaml"), SMALL);
    Set<PosixFilePermission> closed = Files.getPosixFilePermissions(open);
    for (String permissions : List.of("rwxrw-r--", "rwxr---w-")) {
      Files.setPosixFilePermissions(open, PosixFilePermissions.fromString(permissions));
      assertThat(catchProblems(directory.resolve("demo.yaml")))
          .isNotEmpty()
          .allSatisfy(
              problem ->
                  assertThat(problem)
                      .contains("expected a file that nobody else may write, found " + open)
                      .contains("permissions " + permissions + " (chmod go-w " + open + ")"));
    }
    Files.setPosixFilePermissions(open, closed);
    assertThat(PlatformFile.read(directory.resolve("demo.yaml"))).isNotNull();
  }

  @Test
  void readingByOthersHarmsNothingThatHoldsNoSecret() throws IOException {
    Files.writeString(directory.resolve("demo.yaml"), SMALL);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(PlatformFile.read(directory.resolve("demo.yaml"))).isNotNull();
  }

  private void key(String name, String content) throws IOException {
    Path key = Files.writeString(directory.resolve(name), content);
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
  }

  private Platform read(String yaml) throws IOException {
    return PlatformFile.read(Files.writeString(directory.resolve("demo.yaml"), yaml));
  }

  private List<String> problemsOf(String yaml) {
    try {
      return catchProblems(Files.writeString(directory.resolve("demo.yaml"), yaml));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> catchProblems(Path file) {
    return catchThrowableOfType(WrongPlatformFile.class, () -> PlatformFile.read(file)).problems();
  }
}
