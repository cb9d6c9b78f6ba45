package io.pryv.migration.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.FakeHttps;
import io.pryv.migration.machine.InMemoryJournal;
import io.pryv.migration.machine.LineMarks;
import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.platform.ColdOutage;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.LayoutDetails;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Options;
import io.pryv.migration.platform.PlannedEdit;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StrategyChoice;
import io.pryv.migration.process.FakeStep;
import io.pryv.migration.redis.FakeRedis;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreflightTest {

  private static final String DOMAIN = "pryv.lab";
  private static final String SITE = "reg-master/nginx/conf/site.conf";
  private static final String REDIS_CONF = "reg-master/redis/conf/redis.conf";

  @TempDir static Path tls;
  private static final DateTimeFormatter NGINX_TIME =
      DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ENGLISH);
  private static ServerSocket sshd;

  private final PracticeRegister source = PracticeRegister.master(Machine.Role.SOURCE).launched();
  private final PracticeRegister dest = PracticeRegister.master(Machine.Role.DEST);
  private final List<PracticeRegister> slaves = new ArrayList<>();
  private final FakeRedis redis =
      new FakeRedis("source")
          .fixture("core1.pryv.lab")
          .user("alice01", "alice@example.com", "core1.pryv.lab")
          .user("bob0001", "bob@example.com", "core1.pryv.lab");
  private final FakeRedis destRedis = new FakeRedis("dest").fixture("core1.pryv.lab");
  private final FakeRedis slaveRedis = new FakeRedis("source-slave");
  private final FakeRedis destSlaveRedis = new FakeRedis("dest-slave");
  private final FakeDns dns = new FakeDns();
  private final FakeHttps https = new FakeHttps();
  private String accessLogFormat =
      "10.90.0.1 - - [%1$s] \"GET %2$s HTTP/1.1\" 200 41 \"-\" \"preflight\"%n";
  private String dnsLogFormat = "2026-11-29T12:00:00Z DNS: %s%n";
  private Options options = options(Duration.ofSeconds(60), false);
  private LayoutDetails sourceLayout = LayoutDetails.NONE;

  @BeforeAll
  static void makeCertificateAndListen() throws Exception {
    certificate("wild", "*." + DOMAIN, 400);
    sshd = new ServerSocket(0, 1000); // Nobody accepts: room for every connection of all tests.
  }

  @AfterAll
  static void stopListening() throws IOException {
    sshd.close();
  }

  @BeforeEach
  void everythingIsAsItShouldBe() throws IOException {
    source.meets(PracticeRegister.hostKey("dest"));
    dest.meets(PracticeRegister.hostKey("source"));
    for (PracticeRegister register : List.of(source, dest)) {
      useCertificate(register, "wild");
    }
    slaveRedis.reaches("10.8.0.1", 6379, redis).follow("10.8.0.1", 6379);
    destSlaveRedis.reaches("10.8.0.2", 6379, destRedis).follow("10.8.0.2", 6379);
    slaveRedis.link(true);
    destSlaveRedis.link(false);
    https.answers("127.0.0.1", path -> logged("127.0.0.1", path));
    https.answers("127.0.0.3", path -> logged("127.0.0.3", path));
    dns.log(
        (server, name) ->
            registerAt(server)
                .ifPresent(
                    register ->
                        register
                            .docker()
                            .container("pryv_dns_1")
                            .log(dnsLogFormat.formatted(name))));
    dns.delegates("192.0.2.53", DOMAIN, "dns1.pryv.lab=127.0.0.1", "dns2.pryv.lab=127.0.0.3");
    dns.answers("192.0.2.54", DOMAIN, "NS", "NS dns1.pryv.lab", "NS dns2.pryv.lab");
    for (String register : List.of("127.0.0.1", "127.0.0.3", "127.0.0.4")) {
      dns.answers(register, DOMAIN, "NS", "NS dns1.pryv.lab", "NS dns2.pryv.lab");
      dns.answers(register, "reg." + DOMAIN, "A", "A 127.0.0.1");
      dns.answers(register, "wactiv." + DOMAIN, "A", "CNAME pryv.lab");
      for (String user : List.of("alice01", "bob0001")) {
        dns.answers(register, user + "." + DOMAIN, "CNAME", "CNAME core1.pryv.lab");
      }
    }
  }

  @AfterEach
  void removeMachines() {
    registers().forEach(register -> register.shell().close());
  }

  @Test
  void aPlatformAsDeployedPasses() {
    PreflightReport report = lookWithSlaves();

    assertThat(report.findings())
        .as(report.toMarkdown())
        .noneMatch(finding -> finding.level() != Finding.Level.PASS);
    assertThat(report.redisBytes()).isGreaterThanOrEqualTo(100_000);
    assertThat(report.outage().total()).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(5));
    assertThat(report.passes()).isGreaterThan(50);
  }

  @Test
  void theLayoutOf2018IsDetectedOnEachMachine() {
    PreflightReport report = lookWithSlaves();

    String root = source.shell().confRoot().toString();
    assertThat(report.layouts().get("source"))
        .isEqualTo(
            new Layout(
                "docker-compose",
                root + "/reg-master.yml",
                "pryv",
                root + "/run-reg-master",
                root + "/stop-containers",
                root + "/reg-master/redis/data",
                report.layouts().get("source").dataOwner(),
                root + "/" + REDIS_CONF,
                root + "/reg-master/nginx/conf",
                root + "/" + SITE,
                root + "/reg-master/nginx/log/reg.access.log",
                "pryv_redis_1",
                "pryv_reverse_proxy_1",
                "pryv_register_1",
                "pryv_dns_1",
                "5.0.2",
                List.of("reverse_proxy", "register", "dns", "redis", "mail")));
    assertThat(report.layouts().get("dest").redisContainer()).isEqualTo("pryv_redis_1");
    assertThat(report.layouts().get("dest").dataOwner()).matches("[0-9]+:[0-9]+");
    Layout ofSlave = report.layouts().get("source-slave");
    assertThat(ofSlave.composeFile()).endsWith("/reg-slave.yml");
    assertThat(ofSlave.dnsContainer()).isEqualTo("pryv_dns_1");
    assertThat(ofSlave.nginxContainer()).isEqualTo("pryv_reverse_proxy_1");
    assertThat(report.layouts()).containsKey("dest-slave");
  }

  @Test
  void everyMachineIsLookedAtAFewTimesAndNothingIsChanged() {
    lookWithSlaves();

    for (PracticeRegister register : registers()) {
      assertThat(register.shell().changes()).isEmpty();
      boolean ofSource =
          register == source || register.shell().machine().role() == Machine.Role.SOURCE_SLAVE;
      assertThat(register.shell().ran()).hasSizeLessThanOrEqualTo(ofSource ? 4 : 2);
    }
  }

  @Test
  void theStepKeepsWhatLaterStepsNeed() {
    slaves.add(PracticeRegister.slave(Machine.Role.SOURCE_SLAVE).launched());
    FakeStep step =
        new FakeStep(
                "m-1",
                platform(),
                new SandboxHands(
                    registers().stream().map(PracticeRegister::shell).toArray(SandboxShell[]::new)),
                new InMemoryJournal())
            .reaching(FakeRedis.door(redis, destRedis, slaveRedis));

    String said =
        step.run(new PreflightDelegate(step.contexts(), dns, https, List.of(new SomeEdit())));

    assertThat(said).startsWith("0 stops, ").endsWith(" checks passed; nothing was touched");
    assertThat(step.get("preflightStops", Integer.class)).isZero();
    assertThat(step.get("preflightWarnings", Integer.class)).isNotNegative();
    assertThat(step.get("redisBytes", Long.class)).isPositive();
    assertThat(step.get("expectedOutageMs", Long.class)).isPositive();
    assertThat(step.get("coldOutage", ColdOutage.class).total().toMillis())
        .isEqualTo(step.get("expectedOutageMs", Long.class));
    assertThat(step.get("strategyChosenBy", String.class)).isEqualTo("auto");
    assertThat(step.get("strategyReason", String.class)).contains("platform file");
    assertThat(step.get("backUpWanted", Boolean.class)).isTrue();
    assertThat(step.get("sourceLayout", Layout.class).redisVersion()).isEqualTo("5.0.2");
    assertThat(step.get("destLayout", Layout.class).composeFile()).endsWith("/reg-master.yml");
    assertThat(step.get("sourceSlaveLayouts", Object.class).toString()).contains("/reg-slave.yml");
    assertThat(step.get("destSlaveLayouts", Object.class)).isEqualTo(List.of());
    assertThat(step.evidence("preflight")).contains("### Passed");
  }

  @Test
  void thePlannedEditsAreShownAsDiffs() {
    PreflightReport report = look();

    assertThat(report.toMarkdown())
        .contains("### What will be edited")
        .contains("`source: " + source.file(SITE) + "`")
        .contains("+# register-migration: the next line is added\n+# planned\n");
  }

  @Test
  void anUnreachableMachineIsOneStopAndHidesNoOther() {
    dest.shell().loseConnectionBefore(command -> true);
    source.remove("stop-containers");

    PreflightReport report = look();

    assertThat(report.findings().stream().filter(finding -> finding.machine().equals("dest")))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(Finding.Level.STOP);
              assertThat(finding.check()).startsWith("reach over SSH");
              assertThat(finding.expected())
                  .isEqualTo("a connection over SSH that lasts until the answer");
              assertThat(finding.next()).isNotBlank();
            });
    assertStop(report, "source", "stop-containers", "the platform's own script", "none", "vendor");
    assertThat(report.layouts()).containsOnlyKeys("source");
  }

  @Test
  void aConnectionLostInTheMiddleIsAStopToo() {
    source.shell().loseConnectionAfter(command -> command.purpose().startsWith("look closer"));

    assertStop(look(), "source", "reach over SSH", "a connection", "connection reset", "");
  }

  @Test
  void aMissingConfRootIsNamed() {
    source.remove("");

    assertStop(
        look(),
        "source",
        "CONF_ROOT " + source.shell().confRoot(),
        "a directory that root can enter",
        "none",
        "confRoot in the platform file");
  }

  @Test
  void aConfRootWithoutRegisterIsNamed() {
    dest.remove("reg-master.yml");

    assertStop(
        look(),
        "dest",
        dest.file("reg-master.yml").toString(),
        "the compose file of a register master",
        "no such file",
        "deploy the register there");
  }

  @Test
  void theLeaderFollowerLayoutIsSaidNotToBeSupportedYet() {
    source.remove("reg-master.yml");
    source.shell().confFile("pryv/pryv.yml", "services: {config-follower: {}}\n");

    assertStop(
        look(),
        "source",
        "reg-master.yml",
        "the layout of 2018–2019",
        "leader/follower",
        "not supported yet");
  }

  @Test
  void anAbsentUpstreamIsNamedWithTheFilesLookedAt() {
    source.edit(SITE, "upstream register_server", "upstream registry");

    assertStop(
        look(),
        "source",
        "reg-master/nginx/conf",
        "one nginx file with upstream register_server",
        "none among",
        "layout.nginxSiteFile");
  }

  @Test
  void aSiteFileThatNginxDoesNotIncludeIsNotMistakenForTheRealOne() throws IOException {
    Files.copy(source.file(SITE), source.file("reg-master/nginx/conf/site-443.conf"));

    assertThat(look().layouts().get("source").nginxSiteFile()).endsWith("/site.conf");
  }

  @Test
  void twoIncludedSiteFilesAreTooMany() throws IOException {
    Files.copy(source.file(SITE), source.file("reg-master/nginx/conf/site-443.conf"));
    source.edit("reg-master/nginx/conf/nginx.conf", "/app/conf/site.conf", "/app/conf/site*.conf");

    assertStop(
        look(),
        "source",
        "reg-master/nginx/conf",
        "one nginx file with upstream register_server",
        "site-443.conf, ",
        "layout.nginxSiteFile");
  }

  @Test
  void whatThePlatformFileTellsOfTheLayoutComesFirst() {
    sourceLayout =
        new LayoutDetails(
            "docker compose",
            source.file("reg-master/nginx/conf/nginx.conf").toString(),
            "my_redis",
            "",
            "",
            "");

    Layout layout = look().layouts().get("source");

    assertThat(layout.composeCommand()).isEqualTo("docker compose");
    assertThat(layout.nginxSiteFile()).endsWith("/nginx.conf");
    assertThat(layout.redisContainer()).isEqualTo("my_redis");
    assertThat(layout.dnsContainer()).isEqualTo("pryv_dns_1");
  }

  @Test
  void anEditThatCannotBeMadeIsAStopOnThatFile() {
    source.edit(SITE, "upstream register_server {", "upstream register_server { # two\n");

    assertStop(look(), "source", source.file(SITE).toString(), "no two", "two", "mend the file");
  }

  @Test
  void anNginxThatDoesNotTellItsConfigurationIsAStop() {
    source.docker().container("pryv_reverse_proxy_1").program("nginx", "exit 1");

    assertStop(
        look(),
        "source",
        "nginx -T in pryv_reverse_proxy_1",
        "the configuration that nginx works by",
        "nothing",
        "nginx -t");
  }

  @Test
  void aComposeFileWithoutRedisIsNamed() {
    dest.edit("reg-master.yml", "  redis: \n    image", "  valkey: \n    image");

    assertStop(
        look(),
        "dest",
        dest.file("reg-master.yml").toString(),
        "a service named redis",
        "services reverse_proxy, register, dns, valkey, mail",
        "confRoot");
  }

  @Test
  void aDestWithUsersOfItsOwnStops() {
    dest.launched();
    destRedis.user("carol01", "carol@example.com", "core1.pryv.lab");

    assertStop(
        look(), "dest", "Redis keys", "no users of its own", "2 users", "options.destUsersMayGo");
  }

  @Test
  void aDestThatRunsIsAskedForItsVersionItself() {
    dest.launched();
    destRedis.says("redis_version", "6.0.16");

    assertStop(
        look(),
        "dest",
        "Redis versions",
        "the same major.minor",
        "source 5.0.2, dest 6.0.16",
        "deploy source's version on dest");
  }

  @Test
  void theImageOfADestNotLaunchedTellsItsVersion() {
    dest.write(dest.shell().root().resolve("docker-run"), "echo 'Redis server v=7.0.15 sha=0'\n");

    Finding finding = find(look(), "dest", "Redis versions");

    assertThat(finding.level()).isEqualTo(Finding.Level.WARN);
    assertThat(finding.found()).isEqualTo("source 5.0.2, dest 7.0.15 (its image says)");
  }

  @ParameterizedTest
  @CsvSource({
    "appendonly yes, appendonly no",
    "dbfilename redis_dump.rdb, dbfilename dump.rdb",
    "dir /app/data, dir /app/data2"
  })
  void aDestThatWouldNotReadSourcesFilesStops(String ofSource, String ofDest) {
    dest.edit(REDIS_CONF, "\n" + ofSource + "\n", "\n" + ofDest + "\n");
    dest.edit(
        "reg-master.yml", "/app/data/", ofDest.startsWith("dir") ? "/app/data2/" : "/app/data/");

    assertStop(look(), "dest", dest.file(REDIS_CONF).toString(), ofSource, ofDest, "set it");
  }

  @Test
  void aDestThatEvictsStopsBeforeItsLaunch() {
    dest.edit(REDIS_CONF, "databases 16\n", "maxmemory 3mb\nmaxmemory-policy allkeys-lru\n");

    PreflightReport report = look();

    assertStop(
        report,
        "dest",
        dest.file(REDIS_CONF).toString(),
        "maxmemory 0, as on source",
        "maxmemory 3145728",
        "dest evicts or refuses");
    assertThat(report.stops()).isEqualTo(2); // The policy is the other one.
  }

  @Test
  void whatOnlyAnotherFileSaysCanNotBeKnownBeforeTheLaunch() {
    dest.edit(REDIS_CONF, "databases 16\n", "databases 16\ninclude /app/conf/more.conf\n");

    assertStop(
        look(),
        "dest",
        dest.file(REDIS_CONF).toString(),
        "every setting",
        "include",
        "launch dest");
  }

  @Test
  void anOptionOfRedisCommandThatWouldWinOverItsFileStops() {
    source.edit(
        "reg-master.yml",
        "    command: redis\n",
        "    command: redis-server /app/conf/redis.conf --min-slaves-to-write 0 --loglevel debug\n");

    assertStop(
        look(),
        "source",
        source.file("reg-master.yml").toString(),
        "in redis.conf",
        "--min-replicas-to-write",
        "write them into");
  }

  @Test
  void withoutAnAppendOnlyFileTheCutOverIsCold() {
    for (PracticeRegister register : List.of(source, dest)) {
      register.edit(REDIS_CONF, "\nappendonly yes\n", "\nappendonly no\n");
    }

    Finding strategy = find(look(), "platform", "strategy");

    assertThat(strategy.level()).isEqualTo(Finding.Level.WARN);
    assertThat(strategy.found()).contains("no append-only file");
  }

  @Test
  void scriptsThatPassEveryFenceMakeTheCutOverCold() {
    redis.says("cmdstat_eval", "calls=3");

    assertThat(find(look(), "platform", "strategy").found()).contains("scripts");
    assertThat(find(look(), "source", "Redis INFO commandstats").level())
        .isEqualTo(Finding.Level.WARN);
  }

  @Test
  void whatComposeSaysWithoutFailingIsShownAndStopsNothing() {
    String words = "level=warning msg=\"the attribute `version` is obsolete\"";
    source.shell().stub("docker-compose", "cat reg-master.yml; echo '" + words + "' >&2");

    Finding finding = find(look(), "source", source.file("reg-master.yml").toString());

    assertThat(finding.level()).isEqualTo(Finding.Level.PASS);
    assertThat(finding.found()).contains("obsolete");
  }

  @Test
  void composesFailureStopsWithItsWords() {
    dest.shell().stub("docker-compose", "echo 'no such network' >&2; exit 15");

    assertStop(look(), "dest", "config", "exit code 0", "exit code 15: no such network", "correct");
  }

  @Test
  void aPortThatOnlyAVariableGivesToSomebodyElseIsSeenAsComposeSeesIt() {
    dest.edit("reg-master.yml", "\"443:443\"", "\"${MORE}\"");
    dest.shell().stub("docker-compose", "sed 's/${MORE}/6370-6380:80/' reg-master.yml");

    assertStop(
        look(),
        "dest",
        dest.file("reg-master.yml").toString(),
        "port 6379",
        "6370-6380:80 of service reverse_proxy",
        "another port");
  }

  @Test
  void anRrsyncThatWouldRefuseTheSyncStops() {
    source
        .shell()
        .stub(
            "rsync",
            "case $* in *--version*) echo 'rsync  version 3.4.2' ;; *) echo 'unsafe arg: /' >&2; exit 12 ;; esac");

    assertStop(look(), "source", "rrsync", "a list", "unsafe arg", "rrsync(1)");
  }

  @Test
  void whatListensIsSeenWithoutSs() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      dest.shell().stub("ss", "exit 1");
      dest.edit("reg-master.yml", "\"443:443\"", "\"" + taken.getLocalPort() + ":443\"");

      assertStop(
          look(),
          "dest",
          "ports of dest's services",
          "free",
          "tcp 127.0.0.1:" + taken.getLocalPort(),
          "ss -lntup");
    }
  }

  @Test
  void symbolicLinksInTheDataStop() throws IOException {
    Files.createSymbolicLink(
        source.file("reg-master/redis/data/linked.rdb"), Path.of("/elsewhere/dump.rdb"));

    assertStop(
        look(), "source", "data directory", "no symbolic links", "data/linked.rdb", "replace");
  }

  @Test
  void aDataDirectoryThatIsALinkItselfIsResolved() throws IOException {
    Path elsewhere = Files.createDirectory(source.shell().root().resolve("elsewhere"));
    source.remove("reg-master/redis/data");
    Files.createSymbolicLink(source.file("reg-master/redis/data"), elsewhere);
    Files.writeString(elsewhere.resolve("redis_dump.rdb"), "x");

    PreflightReport report = look();

    assertThat(report.stops()).as(report.toMarkdown()).isZero();
    assertThat(report.layouts().get("source").dataDirectory()).isEqualTo(elsewhere.toString());
  }

  @Test
  void otherContainersOfTheHostAreAWarning() {
    source.docker().container("webshop").label("com.docker.compose.project", "shop");

    Finding finding = find(look(), "source", source.file("stop-containers").toString(), "webshop");

    assertThat(finding.level()).isEqualTo(Finding.Level.WARN);
    assertThat(finding.expected()).contains("it stops every one");
    assertThat(finding.next()).contains("stops the register's own containers only");
  }

  @Test
  void aServiceOfSourceThatIsDownStops() {
    source.docker().container("pryv_dns_1").stopped();

    assertStop(
        look(), "source", "containers", "every service", "down: pryv_dns_1", "run-reg-master");
  }

  @Test
  void anotherHostKeyMetByDestStops() {
    dest.meets("ssh-ed25519 AAAAsomeoneelse");

    assertStop(
        look(),
        "dest",
        "dest → 127.0.0.1:" + sshd.getLocalPort(),
        "the host keys of source",
        "another host's: ssh-ed25519",
        "that address leads elsewhere");
  }

  @Test
  void aDestThatAnswersNobodyOnceLaunchedStops() {
    dest.launched();

    assertStop(
        look(),
        "source",
        "source → 127.0.0.2:443",
        "an open port",
        "Connection refused",
        "see that its service listens");
  }

  @Test
  void certificatesThatAreNotThereStop() {
    dest.remove("reg-master/nginx/conf/secret/pryv.lab-bundle.crt");

    assertStop(
        look(), "dest", "pryv.lab-bundle.crt", "the file that nginx is told to read", "none", "");
  }

  @Test
  void sourcesAddressInDestsDnsIsAWarning() {
    dest.edit("reg-master/dns/conf/dns.json", "192.0.2.1", "127.0.0.1");

    Finding finding = find(look(), "dest", "dns configuration");

    assertThat(finding.level()).isEqualTo(Finding.Level.WARN);
    assertThat(finding.found()).contains("reg-master/dns/conf/dns.json:");
  }

  @Test
  void anOutageTooShortForTheDataIsAWarning() {
    options = options(Duration.ofSeconds(2), false, "cold");

    Finding finding = find(look(), "platform", "options.longestOutage");

    assertThat(finding.level()).isEqualTo(Finding.Level.WARN);
    assertThat(finding.next()).startsWith("raise it");
  }

  @Test
  void stopsComeFirstThenWarningsThenPasses() {
    source.remove("stop-containers");
    dns.down("127.0.0.4");

    String markdown = lookWithSlaves().toMarkdown();

    assertThat(markdown).startsWith("**1 stop, 1 warnings, ");
    assertThat(markdown)
        .containsSubsequence("### Stops", "stop-containers", "### Warnings", "### Passed");
  }

  private Platform platform() {
    return new Platform(
        "practice",
        DOMAIN,
        machine(source, "127.0.0.1", sourceLayout),
        machine(dest, "127.0.0.2", LayoutDetails.NONE),
        slaves(Machine.Role.SOURCE_SLAVE, "127.0.0.3"),
        slaves(Machine.Role.DEST_SLAVE, "127.0.0.4"),
        "",
        List.of("192.0.2.53"),
        List.of("192.0.2.54"),
        options);
  }

  private Optional<PracticeRegister> registerAt(String address) {
    return switch (address) {
      case "127.0.0.1" -> Optional.of(source);
      case "127.0.0.3" ->
          slaves.stream()
              .filter(slave -> slave.shell().machine().role() == Machine.Role.SOURCE_SLAVE)
              .findFirst();
      default -> Optional.empty();
    };
  }

  /** Writes down what a register was asked, and answers. */
  private String logged(String address, String path) {
    PracticeRegister register = registerAt(address).orElseThrow();
    register
        .shell()
        .confFile(
            "reg-%s/nginx/log/reg.access.log"
                .formatted(address.equals("127.0.0.1") ? "master" : "slave"),
            accessLogFormat.formatted(NGINX_TIME.format(OffsetDateTime.now(ZoneOffset.UTC)), path));
    return registerAnswers(path);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "$request $status~GET %2$s HTTP/1.1 200~without the time",
        "[$time_local] $uri $status~[%1$s] %2$s 200~without the request",
        "[$time_local] \"$request\" $status~[%1$s] \"GET /other HTTP/1.1\" 200 %2$s~line `[",
        "[$time_local] \"$request\" $status~nothing of it~no line of it within 3 s"
      })
  void aLogInWhichOurOwnRequestCannotBeReadStops(String format, String line, String found) {
    source.edit(
        SITE,
        "access_log            /app/log/reg.access.log;",
        "access_log /app/log/reg.access.log own;");
    source.edit(
        "reg-master/nginx/conf/nginx.conf", "http {", "http {\n  log_format own '" + format + "';");
    accessLogFormat = line + "%n";

    Finding finding = find(look(), "source", "log: " + accessLog());

    assertThat(finding.level()).isEqualTo(Finding.Level.STOP);
    assertThat(finding.found()).contains(found);
  }

  @Test
  void aLogOfAnotherFormatIsReadByItsFormat() {
    source.edit(
        SITE,
        "access_log            /app/log/reg.access.log;",
        "access_log /app/log/reg.access.log own;");
    source.edit(
        "reg-master/nginx/conf/nginx.conf",
        "http {",
        "http {\n  log_format own '{\"t\":\"$time_local\",\"r\":\"$request\",\"s\":$status}';");
    accessLogFormat = "{\"t\":\"%1$s\",\"r\":\"GET %2$s HTTP/1.1\",\"s\":200}%n";

    assertThat(find(look(), "source", "log: " + accessLog()).level()).isEqualTo(Finding.Level.PASS);
  }

  @Test
  void aDnsThatDoesNotLogItsQueriesStops() {
    dnsLogFormat = "2026-11-29T12:00:00Z%n";
    assertThat(find(look(), "source", "log: pryv_dns_1").level()).isEqualTo(Finding.Level.STOP);
  }

  private String accessLog() {
    return source.shell().confRoot() + "/reg-master/nginx/log/reg.access.log";
  }

  private static String registerAnswers(String path) {
    return path.endsWith("/server")
        ? "302 http://core1.pryv.lab/?username=x"
        : "{\"reserved\":true}";
  }

  @Test
  void aRegisterThatAnswersAQuestionOfAProofOtherwiseStops() {
    https.answers(
        "127.0.0.1",
        path ->
            path.endsWith("/server") ? "{\"server\":\"core1.pryv.lab\"}" : registerAnswers(path));

    Finding finding = find(look(), "source", "proof: GET /alice01/server");

    assertThat(finding.level()).isEqualTo(Finding.Level.STOP);
    assertThat(finding.expected()).contains("core1.pryv.lab");
    assertThat(finding.found()).contains("status 200");
    assertThat(find(look(), "source", "proof: GET /wactiv/check_username").level())
        .isEqualTo(Finding.Level.PASS);
  }

  @Test
  void aRegisterWhoseHealthCheckOrFixtureIsNotTheRealOnesStops() {
    https.answers("127.0.0.1", path -> path.endsWith("/server") ? registerAnswers(path) : null);
    dns.answers("127.0.0.1", "wactiv." + DOMAIN, "A");

    PreflightReport report = look();

    assertThat(find(report, "source", "proof: GET /wactiv/check_username").level())
        .isEqualTo(Finding.Level.STOP);
    assertThat(find(report, "source", "proof: DNS A wactiv." + DOMAIN).level())
        .isEqualTo(Finding.Level.STOP);
  }

  private PreflightReport look() {
    return new Preflight(
            platform(),
            this::shellOf,
            FakeRedis.door(redis, destRedis, slaveRedis, destSlaveRedis),
            dns,
            https,
            List.of(new SomeEdit()),
            Surveys.US,
            StrategyChoice.of("", options))
        .look();
  }

  private PreflightReport lookWithSlaves() {
    slaves.add(PracticeRegister.slave(Machine.Role.SOURCE_SLAVE).launched());
    slaves.add(PracticeRegister.slave(Machine.Role.DEST_SLAVE).launched());
    return look();
  }

  private List<PracticeRegister> registers() {
    return Stream.concat(Stream.of(source, dest), slaves.stream()).toList();
  }

  private List<Machine> slaves(Machine.Role role, String address) {
    return slaves.stream()
        .filter(slave -> slave.shell().machine().role() == role)
        .map(slave -> machine(slave, address, LayoutDetails.NONE))
        .toList();
  }

  private SandboxShell shellOf(Machine machine) {
    return registers().stream()
        .map(PracticeRegister::shell)
        .filter(shell -> shell.machine().name().equals(machine.name()))
        .findFirst()
        .orElseThrow();
  }

  /** Every machine's sshd listens on the same port, since all are on this host's loopback. */
  private static Machine machine(PracticeRegister register, String address, LayoutDetails layout) {
    Machine machine = register.shell().machine();
    return new Machine(
        machine.role(),
        machine.name(),
        machine.host(),
        sshd.getLocalPort(),
        machine.user(),
        machine.keyFile(),
        machine.confRoot(),
        address,
        layout);
  }

  private static Options options(Duration longestOutage, boolean destUsersMayGo) {
    return options(longestOutage, destUsersMayGo, "auto");
  }

  private static Options options(Duration longestOutage, boolean destUsersMayGo, String strategy) {
    return new Options(
        true,
        "",
        "ed25519",
        3,
        1024,
        longestOutage,
        destUsersMayGo,
        List.of("reg"),
        10,
        Duration.ofSeconds(1),
        Duration.ofSeconds(1),
        strategy,
        true,
        false,
        Duration.ofSeconds(10));
  }

  private static Finding find(PreflightReport report, String machine, String check) {
    return find(report, machine, check, "");
  }

  private static Finding find(PreflightReport report, String machine, String check, String found) {
    return report.findings().stream()
        .filter(finding -> finding.machine().equals(machine))
        .filter(finding -> finding.check().contains(check))
        .filter(finding -> finding.found().contains(found))
        .max(Comparator.comparing(Finding::level))
        .orElseThrow(() -> new AssertionError("no such finding in\n" + report.toMarkdown()));
  }

  private void assertStop(
      PreflightReport report,
      String machine,
      String check,
      String expected,
      String found,
      String next) {
    assertThat(report.findings())
        .as(report.toMarkdown())
        .anySatisfy(
            finding -> {
              assertThat(finding.level()).isEqualTo(Finding.Level.STOP);
              assertThat(finding.machine()).isEqualTo(machine);
              assertThat(finding.check()).contains(check);
              assertThat(finding.expected()).isNotBlank().contains(expected);
              assertThat(finding.found()).isNotBlank().contains(found);
              assertThat(finding.next()).isNotBlank().contains(next);
            });
    assertThat(report.stops()).isPositive();
    for (PracticeRegister register : registers()) {
      assertThat(register.shell().changes()).as("nothing was touched").isEmpty();
    }
  }

  private static void certificate(String name, String host, int days) throws Exception {
    Process openssl =
        new ProcessBuilder(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-keyout",
                name + ".key",
                "-out",
                name + ".crt",
                "-days",
                String.valueOf(days),
                "-subj",
                "/CN=" + host.substring(2),
                "-addext",
                "subjectAltName=DNS:" + host)
            .directory(tls.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(openssl.waitFor()).as(output).isZero();
  }

  private static void useCertificate(PracticeRegister register, String name) throws IOException {
    String secret = "reg-master/nginx/conf/secret/pryv.lab-";
    register.shell().confFile(secret + "bundle.crt", Files.readString(tls.resolve(name + ".crt")));
    register.shell().confFile(secret + "key.pem", Files.readString(tls.resolve(name + ".key")));
  }

  /** Stands for the edits of the other features. */
  private static final class SomeEdit implements PlannedEdit {

    @Override
    public Machine.Role role() {
      return Machine.Role.SOURCE;
    }

    @Override
    public String file(Layout layout) {
      return layout.nginxSiteFile();
    }

    @Override
    public String apply(String text, Platform platform, Layout layout, String nginxConfiguration) {
      if (text.contains("# two")) {
        throw new UnexpectedText("no two", "two", "mend the file");
      }
      return LineMarks.addedBelow("# planned", "\n") + text;
    }
  }
}
