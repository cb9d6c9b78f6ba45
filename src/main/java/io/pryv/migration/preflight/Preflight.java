package io.pryv.migration.preflight;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.LeaseHolder;
import io.pryv.migration.machine.ServerIdentity;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.TextDiff;
import io.pryv.migration.machine.TlsFiles;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.platform.ColdOutage;
import io.pryv.migration.platform.ComposeServices;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.PlannedEdit;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.platform.StrategyChoice;
import io.pryv.migration.preflight.CloserLook.Peer;
import io.pryv.migration.preflight.LayoutDetection.Detected;
import io.pryv.migration.redis.DataSettings;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Looks at everything a migration depends on, and changes nothing. Each machine is looked at twice,
 * all at the same time; whatever goes wrong in one check is a finding and hides no other.
 */
public final class Preflight {

  private final Platform platform;
  private final Map<String, Shell> shells;
  private final RedisDoor door;
  private final DnsClient dns;
  private final HttpsProbe https;
  private final List<PlannedEdit> edits;
  private final LeaseHolder us;
  private final StrategyChoice choice;

  private final List<Finding> findings = new ArrayList<>();
  private final Map<String, Survey> surveys = new LinkedHashMap<>();
  private final Map<String, Detected> detected = new LinkedHashMap<>();
  private final Map<String, Layout> layouts = new LinkedHashMap<>();
  private final Map<String, Facts> closer = new LinkedHashMap<>();
  private final Map<String, String> diffs = new LinkedHashMap<>();
  private Optional<ServerIdentity> destIdentity = Optional.empty();

  /**
   * A preflight.
   *
   * @param shells how each machine is reached
   * @param edits what later steps will edit
   * @param us who may hold the machines
   * @param choice how dest shall take over
   */
  public Preflight(
      Platform platform,
      Function<Machine, Shell> shells,
      RedisDoor door,
      DnsClient dns,
      HttpsProbe https,
      List<PlannedEdit> edits,
      LeaseHolder us,
      StrategyChoice choice) {
    this.platform = platform;
    this.choice = choice;
    this.shells = platform.machines().collect(Collectors.toMap(Machine::name, shells, (a, b) -> a));
    this.door = door;
    this.dns = dns;
    this.https = https;
    this.edits = edits;
    this.us = us;
  }

  /** Runs every check. */
  public PreflightReport look() {
    ExecutorService threads = Executors.newFixedThreadPool(shells.size());
    try {
      survey(threads);
      detect();
      lookCloser(threads);
    } finally {
      threads.shutdownNow();
    }
    Optional<RedisChecks.Seen> source = redisOfSource();
    Optional<RedisChecks.Seen> dest = redisOfDest();
    redisOfSlaves();
    completeLayouts(source, dest);
    data(source, dest);
    reach();
    certificates();
    nginxTells();
    planEdits();
    LiveChecks.Decision strategy = strategy(source, dest);
    findings.add(strategy.finding());
    attempt(
        "platform",
        "DNS",
        () ->
            NameChecks.of(
                platform,
                dns,
                source.map(RedisChecks.Seen::sample).orElse(List.of()),
                runs(platform.dest())));
    if (runs(platform.source())) {
      attempt(
          "source",
          "proofs",
          () ->
              ProofChecks.of(
                  platform,
                  https,
                  dns,
                  coresOf(source.map(RedisChecks.Seen::sample).orElse(List.of()))));
    }
    Stream.concat(Stream.of(platform.source()), platform.sourceSlaves().stream())
        .forEach(this::logs);
    long bytes = bytesOfSource();
    ColdOutage outage = ColdOutage.assumed(bytes);
    if (strategy.strategy().equals(StrategyChoice.COLD)) {
      silentShell();
      outageAllowed(outage.total());
    }
    return new PreflightReport(
        // Several edits of one file may find the same in it.
        findings.stream().distinct().toList(),
        Map.copyOf(layouts),
        bytes,
        outage,
        strategy,
        Collections.unmodifiableMap(diffs),
        destIdentity);
  }

  private void survey(ExecutorService threads) {
    onEach(
            threads,
            platform.machines().toList(),
            machine -> Survey.of(machine, shells.get(machine.name())))
        .forEach(
            (machine, survey) -> {
              if (survey.isPresent()) {
                surveys.put(machine, survey.get());
                attempt(machine, "machine", () -> MachineChecks.of(survey.get(), us));
              }
            });
  }

  private void detect() {
    surveys.forEach(
        (name, survey) ->
            attempt(
                name,
                "layout",
                () -> {
                  Detected found = LayoutDetection.of(survey);
                  detected.put(name, found);
                  found.layout().ifPresent(layout -> layouts.put(name, layout));
                  List<Finding> all = new ArrayList<>(found.findings());
                  found
                      .layout()
                      .ifPresent(
                          layout -> all.addAll(MachineChecks.of(survey, layout, found.services())));
                  return all;
                }));
  }

  private void lookCloser(ExecutorService threads) {
    List<Machine> known =
        platform.machines().filter(machine -> layouts.containsKey(machine.name())).toList();
    onEach(threads, known, this::lookCloserAt)
        .forEach((machine, facts) -> facts.ifPresent(seen -> closer.put(machine, seen)));
  }

  private Facts lookCloserAt(Machine machine) {
    Layout layout = layouts.get(machine.name());
    ComposeServices services = detected.get(machine.name()).services();
    return CloserLook.of(
        machine,
        shells.get(machine.name()),
        layout,
        machine.role() == Machine.Role.DEST && !runs(machine)
            ? services.service("redis").map(ComposeServices.Service::image).orElse("")
            : "",
        platform.options().backupDirectory(),
        tlsFiles(machine),
        peers(machine),
        machine.role() == Machine.Role.DEST ? dnsConfDirectory(machine, services) : "",
        platform.source().publicAddress(),
        machine.role() == Machine.Role.SOURCE ? surveys.get("source").facts().get("rrsync") : "");
  }

  private static String dnsConfDirectory(Machine machine, ComposeServices services) {
    return services
        .service("dns")
        .flatMap(service -> service.hostPathOf("/app/conf"))
        .map(
            path ->
                path.startsWith("/")
                    ? path
                    : machine.confRoot() + "/" + path.replaceFirst("^(\\./)+", ""))
        .orElse("");
  }

  private List<TlsFiles> tlsFiles(Machine machine) {
    Layout layout = layouts.get(machine.name());
    Survey survey = surveys.get(machine.name());
    return machine.role() == Machine.Role.DEST || machine.role() == Machine.Role.SOURCE
        ? TlsFiles.named(
            Stream.of(layout.nginxConfDirectory() + "/nginx.conf", layout.nginxSiteFile())
                .flatMap(path -> survey.conf(path).stream())
                .toList(),
            layout.nginxConfDirectory())
        : List.of();
  }

  private List<Peer> peers(Machine machine) {
    return switch (machine.role()) {
      case SOURCE -> List.of(new Peer(platform.dest(), true));
      case DEST -> List.of(new Peer(platform.source(), false));
      case SOURCE_SLAVE, DEST_SLAVE -> List.of();
    };
  }

  private Optional<RedisChecks.Seen> redisOfSource() {
    return runs(platform.source())
        ? redis(platform.source(), redis -> RedisChecks.source(redis, redisConf("source")))
        : Optional.empty(); // That it is down is said already.
  }

  /** Of a few of them: each is asked for. */
  private Map<String, String> coresOf(List<String> users) {
    Map<String, String> cores = new LinkedHashMap<>();
    try (RedisServer redis =
        door.open(new Register(platform.source(), layouts.get(platform.source().name())))) {
      for (String user : users) {
        String core = redis.get(user + ":server");
        if (core != null && !core.isEmpty() && cores.size() < 2) {
          cores.put(user, core);
        }
      }
    }
    return cores;
  }

  private Optional<RedisChecks.Seen> redisOfDest() {
    return runs(platform.dest())
        ? redis(
            platform.dest(),
            redis ->
                RedisChecks.dest(redis, redisConf("dest"), platform.options().destUsersMayGo()))
        : Optional.empty();
  }

  private Optional<RedisChecks.Seen> redis(
      Machine machine, Function<RedisServer, RedisChecks.Seen> look) {
    try (RedisServer redis = door.open(new Register(machine, layouts.get(machine.name())))) {
      RedisChecks.Seen seen = look.apply(redis);
      findings.addAll(seen.findings());
      return Optional.of(seen);
    } catch (RuntimeException e) {
      findings.add(Finding.stop(machine.name(), "Redis", e));
      return Optional.empty();
    }
  }

  private void redisOfSlaves() {
    Stream.concat(platform.sourceSlaves().stream(), platform.destSlaves().stream())
        .filter(this::runs)
        .forEach(
            machine ->
                attempt(
                    machine.name(),
                    "Redis",
                    () -> {
                      try (RedisServer redis =
                          door.open(new Register(machine, layouts.get(machine.name())))) {
                        return RedisChecks.slave(
                            machine,
                            redis,
                            machine.role() == Machine.Role.SOURCE_SLAVE || runs(platform.dest()));
                      }
                    }));
  }

  /** Of those whose silence is waited for. */
  private void logs(Machine machine) {
    if (!layouts.containsKey(machine.name())) {
      return;
    }
    LogChecks checks =
        new LogChecks(
            machine,
            shells.get(machine.name()),
            layouts.get(machine.name()),
            platform.domain(),
            nginxConfiguration(machine.name()));
    if (serves(machine)) {
      attempt(machine.name(), "access log", () -> List.of(checks.accessLog(https)));
    }
    if (isUp(machine, Layout::dnsContainer)) {
      attempt(machine.name(), "dns log", () -> List.of(checks.dnsLog(dns)));
    }
  }

  /** Whether the Redis of a register is up. */
  private boolean runs(Machine machine) {
    return isUp(machine, Layout::redisContainer);
  }

  /** Whether the nginx of a register is up. */
  private boolean serves(Machine machine) {
    return isUp(machine, Layout::nginxContainer);
  }

  private boolean isUp(Machine machine, Function<Layout, String> container) {
    Layout layout = layouts.get(machine.name());
    return layout != null
        && surveys.get(machine.name()).containers().stream()
            .anyMatch(found -> found.name().equals(container.apply(layout)) && found.up());
  }

  private void completeLayouts(Optional<RedisChecks.Seen> source, Optional<RedisChecks.Seen> dest) {
    String ofImage = closer.getOrDefault("dest", new Facts(Map.of())).get("redis.imageversion");
    Optional<String> version =
        dest.map(RedisChecks.Seen::version)
            .or(() -> Optional.of(ofImage).filter(said -> !said.isEmpty()));
    if (source.isPresent() && layouts.containsKey("dest")) {
      findings.add(RedisChecks.versions(source.get().version(), version, dest.isPresent()));
    }
    Map<String, Layout> complete = new LinkedHashMap<>();
    String destVersion = version.orElse("");
    layouts.forEach(
        (name, layout) -> {
          Facts facts = closer.getOrDefault(name, new Facts(Map.of()));
          complete.put(
              name,
              layout.with(
                  facts.has("data.path") ? facts.get("data.path") : layout.dataDirectory(),
                  owner(facts, layout),
                  switch (name) {
                    case "source" -> source.map(RedisChecks.Seen::version).orElse("");
                    case "dest" -> destVersion;
                    default -> "";
                  }));
        });
    layouts.putAll(complete);
  }

  /** The one that owns what is there; before the first launch, the directory may be root's yet. */
  private static String owner(Facts facts, Layout layout) {
    return Stream.concat(facts.lines("data.owners").stream(), Stream.of(facts.get("data.owner")))
        .filter(owner -> owner.matches("[0-9]+:[0-9]+") && !owner.equals("0:0"))
        .findFirst()
        .orElse(layout.dataOwner());
  }

  private void data(Optional<RedisChecks.Seen> source, Optional<RedisChecks.Seen> dest) {
    Facts ofSource = closer.get("source");
    Facts ofDest = closer.get("dest");
    if (ofSource != null) {
      attempt(
          "source",
          "data",
          () -> DataChecks.ofSource(ofSource, layouts.get("source"), platform.options()));
      attempt(
          "source", "files", () -> DataChecks.ofFiles("source", ofSource, layouts.get("source")));
      if (runs(platform.source())) {
        attempt("source", "tunnel", () -> tunnelTools(ofSource));
      }
    }
    if (ofDest != null) {
      attempt(
          "dest",
          "data",
          () ->
              DataChecks.ofDest(
                  ofDest, layouts.get("dest"), bytesOfSource(), runs(platform.dest())));
      attempt("dest", "files", () -> DataChecks.ofFiles("dest", ofDest, layouts.get("dest")));
      attempt("dest", "ports", () -> DataChecks.ofClaims(ofDest, layouts.get("dest")));
    }
    if (source.isPresent() && surveys.containsKey("dest")) {
      attempt(
          "dest",
          "memory",
          () ->
              List.of(DataChecks.ofMemory(surveys.get("dest").facts(), source.get().usedMemory())));
    }
    for (String name : List.of("source", "dest")) {
      if (layouts.containsKey(name)) {
        attempt(
            name,
            "Redis' command",
            () -> DataChecks.ofCommand(name, detected.get(name).services(), layouts.get(name)));
      }
    }
    if (layouts.containsKey("source") && layouts.containsKey("dest")) {
      attempt("dest", "redis.conf", this::redisConfs);
      if (source.isPresent()) {
        attempt(
            "dest",
            "Redis' settings",
            () ->
                DataChecks.ofSettings(
                    source.get().settings(),
                    settingsOfDest(dest),
                    dest.isPresent(),
                    layouts.get("dest")));
      }
    }
  }

  /** As it has them; before its launch, as its file says. */
  private DataSettings settingsOfDest(Optional<RedisChecks.Seen> dest) {
    return dest.map(RedisChecks.Seen::settings)
        .orElseGet(() -> DataSettings.ofFile(redisConf("dest")));
  }

  private String redisConf(String machine) {
    return conf(machine, layouts.get(machine).redisConfFile());
  }

  private List<Finding> redisConfs() {
    Layout source = layouts.get("source");
    Layout dest = layouts.get("dest");
    return DataChecks.ofRedisConf(redisConf("source"), redisConf("dest"), source, dest);
  }

  private String conf(String machine, String path) {
    return surveys
        .get(machine)
        .conf(path)
        .orElseThrow(
            () ->
                new StepFailure(
                    machine,
                    path,
                    "a readable file",
                    "none",
                    "see the mounts of the compose file and the file's permissions"));
  }

  /** What the tunnel needs inside source's Redis container (procedure, step 5). */
  private List<Finding> tunnelTools(Facts ofSource) {
    List<String> there = ofSource.lines("redis.tools");
    String missing =
        Stream.of("bash", "ssh", "redis-cli", "timeout")
            .filter(tool -> !there.contains(tool))
            .collect(Collectors.joining(", "));
    String check = "tools in the container " + layouts.get("source").redisContainer();
    return List.of(
        missing.isEmpty()
            ? Finding.pass("source", check, String.join(", ", there))
            : Finding.stop(
                "source",
                check,
                "bash, ssh, redis-cli and timeout: the tunnel to dest runs in it",
                "missing: " + missing,
                "use an image that has them"));
  }

  private long bytesOfSource() {
    Facts facts = closer.get("source");
    return facts == null ? 0 : Math.max(0, facts.number("data.bytes"));
  }

  private void reach() {
    Facts fromSource = closer.get("source");
    Facts fromDest = closer.get("dest");
    if (fromSource != null && surveys.containsKey("dest")) {
      attempt(
          "source",
          "reach dest",
          () -> {
            List<Finding> all =
                new ArrayList<>(
                    ReachChecks.ssh("source", fromSource, platform.dest(), hostKeys("dest")));
            all.add(
                ReachChecks.https("source", fromSource, platform.dest(), serves(platform.dest())));
            return all;
          });
    }
    if (fromDest != null && surveys.containsKey("source")) {
      attempt(
          "dest",
          "reach source",
          () -> ReachChecks.ssh("dest", fromDest, platform.source(), hostKeys("source")));
    }
  }

  private List<String> hostKeys(String machine) {
    return surveys.get(machine).facts().lines("hostkeys");
  }

  private void certificates() {
    Facts ofDest = closer.get("dest");
    if (ofDest != null) {
      attempt("dest", "certificates", () -> certificatesOfDest(ofDest));
    }
    Facts ofSource = closer.get("source");
    if (ofSource != null) {
      attempt(
          "source",
          "certificates",
          () ->
              List.of(
                  Certificates.ofReturn(platform.domain(), pemFiles(platform.source(), ofSource))));
    }
  }

  private List<Finding> certificatesOfDest(Facts ofDest) {
    List<Finding> all =
        new ArrayList<>(
            Certificates.check(
                "dest", platform.domain(), tlsFiles(platform.dest()), ofDest, Instant.now()));
    if (all.stream().noneMatch(finding -> finding.level() == Finding.Level.STOP)) {
      destIdentity =
          Certificates.identity("dest", platform.domain(), pemFiles(platform.dest(), ofDest), all);
      destIdentity.ifPresent(
          identity ->
              all.add(Certificates.renewal("dest", identity, ofDest.lines("tls.renewers"))));
    }
    return all;
  }

  private List<String> pemFiles(Machine machine, Facts facts) {
    return IntStream.range(0, tlsFiles(machine).size())
        .mapToObj(i -> facts.get("certificate." + i))
        .filter(pem -> !pem.isEmpty())
        .toList();
  }

  /** What its files include decides what an edit does; a source that is down is said already. */
  private void nginxTells() {
    if (serves(platform.source()) && nginxConfiguration("source").isEmpty()) {
      String container = layouts.get("source").nginxContainer();
      findings.add(
          Finding.stop(
              "source",
              "nginx -T in " + container,
              "the configuration that nginx works by, all of its files (nginx 1.9.2 or newer)",
              "nothing",
              "run `docker exec " + container + " nginx -t` and correct what it says"));
    }
  }

  /** What nginx there works by, all of its files; empty when it says nothing. */
  private String nginxConfiguration(String machine) {
    return closer.getOrDefault(machine, new Facts(Map.of())).raw("nginx.configuration").orElse("");
  }

  private LiveChecks.Decision strategy(
      Optional<RedisChecks.Seen> source, Optional<RedisChecks.Seen> destRedis) {
    Facts none = new Facts(Map.of());
    Layout layout = layouts.get("source");
    if (choice.wanted().equals(StrategyChoice.COLD) || source.isEmpty() || layout == null) {
      return LiveChecks.decide(
          choice, List.of("source could not be looked at as a live cut-over needs it"));
    }
    Layout dest = layouts.get("dest");
    List<String> obstacles =
        LiveChecks.obstacles(
            source.get().version(),
            Optional.ofNullable(dest).map(Layout::redisVersion).filter(said -> !said.isEmpty()),
            surveys.get("source").facts(),
            closer.getOrDefault("dest", none),
            Stream.of(
                    surveys.get("source").conf(layout.redisConfFile()),
                    dest == null
                        ? Optional.<String>empty()
                        : surveys.get("dest").conf(dest.redisConfFile()))
                .flatMap(Optional::stream)
                .toList());
    if (!source.get().settings().keepsAof()
        || (dest != null && !settingsOfDest(destRedis).keepsAof())) {
      obstacles.add(LiveChecks.NO_AOF);
    }
    if (source.get().scripted() && !MachineChecks.atLeast(source.get().version(), 7, 0)) {
      obstacles.add(LiveChecks.SCRIPTS);
    }
    for (PlannedEdit edit : edits) {
      if (edit.when() == PlannedEdit.When.LIVE) {
        planLive(edit).ifPresent(obstacles::add);
      }
    }
    return LiveChecks.decide(choice, obstacles);
  }

  /** What stands against an edit that only a live cut-over makes. */
  private Optional<String> planLive(PlannedEdit edit) {
    String name = edit.role() == Machine.Role.SOURCE ? "source" : "dest";
    Layout layout = layouts.get(name);
    if (layout == null || edit.file(layout).isEmpty()) {
      return Optional.of("too little is known of " + name + "'s files");
    }
    String file = edit.file(layout);
    try {
      String before = conf(name, file);
      String after = edit.apply(before, platform, layout, nginxConfiguration(name));
      if (!after.equals(before)) {
        diffs.put(name + ": " + file + ", until the switch", TextDiff.unified(file, before, after));
      }
      return Optional.empty();
    } catch (UnexpectedText e) {
      return Optional.of(
          "%s: expected %s, found %s (%s)".formatted(file, e.expected(), e.found(), e.next()));
    } catch (StepFailure e) {
      return Optional.of(file + ": " + e.found());
    }
  }

  private void planEdits() {
    for (PlannedEdit edit : edits) {
      if (edit.when() == PlannedEdit.When.LIVE) {
        continue;
      }
      String name = edit.role() == Machine.Role.SOURCE ? "source" : "dest";
      Layout layout = layouts.get(name);
      if (layout != null && !edit.file(layout).isEmpty()) {
        attempt(name, edit.file(layout), () -> List.of(plan(name, layout, edit)));
      }
    }
  }

  private Finding plan(String name, Layout layout, PlannedEdit edit) {
    String file = edit.file(layout);
    boolean back = edit.when() == PlannedEdit.When.ROLLBACK;
    String composeName = file.substring(file.lastIndexOf('/') + 1);
    String before =
        file.equals(layout.composeFile())
            ? surveys.get(name).facts().raw("compose." + composeName).orElse("")
            : conf(name, file);
    try {
      String after = edit.apply(before, platform, layout, nginxConfiguration(name));
      String what = file + (back ? ", in a rollback" : "");
      diffs.put(name + ": " + what, TextDiff.unified(file, before, after));
      return Finding.pass(
          name,
          what,
          before.equals(after)
              ? "is as it will be needed"
              : back && nginxConfiguration(name).isEmpty()
                  ? "can be edited, as far as it tells by itself; all of nginx's files are looked at"
                      + " once it runs: see below"
                  : "can be edited: see below");
    } catch (UnexpectedText e) {
      // A dest that is not launched yet tells none of its other files; its launch tries the edit.
      return back && nginxConfiguration(name).isEmpty()
          ? Finding.warn(name, file + ", in a rollback", e.expected(), e.found(), e.next())
          : Finding.stop(name, file, e.expected(), e.found(), e.next());
    }
  }

  /** rsync from dest speaks through source's login shell. */
  private void silentShell() {
    Survey source = surveys.get("source");
    if (source != null && source.facts().has("shell.words")) {
      findings.add(
          Finding.stop(
              "source",
              "~/.bashrc of " + source.facts().get("user"),
              "silent: rsync, which brings the data, takes every word for its protocol",
              String.join(" ", source.facts().lines("shell.words")),
              "let it print only for an interactive shell (case $- in *i*) … esac)"));
    }
  }

  private void outageAllowed(Duration estimate) {
    Duration allowed = platform.options().longestOutage();
    findings.add(
        estimate.compareTo(allowed) <= 0
            ? Finding.pass(
                "platform",
                "expected outage",
                "about %d s, %d s allowed".formatted(estimate.toSeconds(), allowed.toSeconds()))
            : Finding.warn(
                "platform",
                "options.longestOutage",
                "more than the expected outage of about %d s".formatted(estimate.toSeconds()),
                allowed.toSeconds() + " s",
                "raise it: the cut-over would be given up and source put back"));
  }

  private void attempt(String machine, String check, Supplier<List<Finding>> look) {
    try {
      findings.addAll(look.get());
    } catch (RuntimeException e) {
      findings.add(Finding.stop(machine, check, e));
    }
  }

  /** Runs a look on machines at the same time; a machine where it fails is one stop. */
  private <T> Map<String, Optional<T>> onEach(
      ExecutorService threads, List<Machine> machines, Function<Machine, T> look) {
    Map<String, CompletableFuture<T>> running = new LinkedHashMap<>();
    for (Machine machine : machines) {
      running.put(
          machine.name(), CompletableFuture.supplyAsync(() -> look.apply(machine), threads));
    }
    Map<String, Optional<T>> seen = new LinkedHashMap<>();
    running.forEach(
        (name, future) -> {
          try {
            seen.put(name, Optional.of(future.join()));
          } catch (CompletionException e) {
            RuntimeException cause =
                e.getCause() instanceof RuntimeException error ? error : new CompletionException(e);
            findings.add(Finding.stop(name, "reach over SSH", cause));
            seen.put(name, Optional.empty());
          }
        });
    return seen;
  }
}
