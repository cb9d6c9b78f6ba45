package io.pryv.migration.preflight;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.LeaseHolder;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.TextDiff;
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
import io.pryv.migration.preflight.CloserLook.TlsFiles;
import io.pryv.migration.preflight.LayoutDetection.Detected;
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
  private final List<PlannedEdit> edits;
  private final LeaseHolder us;
  private final StrategyChoice choice;

  private final List<Finding> findings = new ArrayList<>();
  private final Map<String, Survey> surveys = new LinkedHashMap<>();
  private final Map<String, Detected> detected = new LinkedHashMap<>();
  private final Map<String, Layout> layouts = new LinkedHashMap<>();
  private final Map<String, Facts> closer = new LinkedHashMap<>();
  private final Map<String, String> diffs = new LinkedHashMap<>();

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
      List<PlannedEdit> edits,
      LeaseHolder us,
      StrategyChoice choice) {
    this.platform = platform;
    this.choice = choice;
    this.shells = platform.machines().collect(Collectors.toMap(Machine::name, shells, (a, b) -> a));
    this.door = door;
    this.dns = dns;
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
    data(source);
    reach();
    certificates();
    inheritedHeaders();
    planEdits();
    LiveChecks.Decision strategy = strategy(source);
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
    long bytes = bytesOfSource();
    ColdOutage outage = ColdOutage.assumed(bytes);
    if (strategy.strategy().equals(StrategyChoice.COLD)) {
      outageAllowed(outage.total());
    }
    return new PreflightReport(
        List.copyOf(findings),
        Map.copyOf(layouts),
        bytes,
        outage,
        strategy,
        Collections.unmodifiableMap(diffs));
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
        platform.source().publicAddress());
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
    return machine.role() == Machine.Role.DEST
        ? Certificates.named(
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
        ? redis(platform.source(), RedisChecks::source)
        : Optional.empty(); // That it is down is said already.
  }

  private Optional<RedisChecks.Seen> redisOfDest() {
    return runs(platform.dest())
        ? redis(
            platform.dest(), redis -> RedisChecks.dest(redis, platform.options().destUsersMayGo()))
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

  private void data(Optional<RedisChecks.Seen> source) {
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
    }
    if (source.isPresent() && surveys.containsKey("dest")) {
      attempt(
          "dest",
          "memory",
          () ->
              List.of(DataChecks.ofMemory(surveys.get("dest").facts(), source.get().usedMemory())));
    }
    if (layouts.containsKey("source") && layouts.containsKey("dest")) {
      attempt("dest", "redis.conf", this::redisConfs);
    }
  }

  private List<Finding> redisConfs() {
    Layout source = layouts.get("source");
    Layout dest = layouts.get("dest");
    return DataChecks.ofRedisConf(
        conf("source", source.redisConfFile()), conf("dest", dest.redisConfFile()), source, dest);
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
      attempt(
          "dest",
          "certificates",
          () ->
              Certificates.check(
                  "dest", platform.domain(), tlsFiles(platform.dest()), ofDest, Instant.now()));
    }
  }

  /**
   * A location that sets any header inherits none (field guide 3.1): what nginx.conf sets for all
   * is not in the site file, and not sent while source proxies.
   */
  private void inheritedHeaders() {
    Layout layout = layouts.get("source");
    if (layout == null) {
      return;
    }
    String file = layout.nginxConfDirectory() + "/nginx.conf";
    attempt(
        "source",
        file,
        () -> {
          List<String> lost = HttpHeaders.setForAll(conf("source", file));
          return lost.isEmpty()
              ? List.of()
              : List.of(
                  Finding.warn(
                      "source",
                      file,
                      "no proxy_set_header that the register's location inherits",
                      String.join(", ", lost),
                      "nothing, unless dest needs them: they are not sent while source proxies"));
        });
  }

  private LiveChecks.Decision strategy(Optional<RedisChecks.Seen> source) {
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
            closer.getOrDefault("source", none),
            closer.getOrDefault("dest", none),
            Stream.of(
                    surveys.get("source").conf(layout.redisConfFile()),
                    dest == null
                        ? Optional.<String>empty()
                        : surveys.get("dest").conf(dest.redisConfFile()))
                .flatMap(Optional::stream)
                .toList());
    for (PlannedEdit edit : edits) {
      if (edit.onlyLive()) {
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
      String after = edit.apply(before, platform, layout);
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
      if (edit.onlyLive()) {
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
    String composeName = file.substring(file.lastIndexOf('/') + 1);
    String before =
        file.equals(layout.composeFile())
            ? surveys.get(name).facts().raw("compose." + composeName).orElse("")
            : conf(name, file);
    try {
      String after = edit.apply(before, platform, layout);
      diffs.put(name + ": " + file, TextDiff.unified(file, before, after));
      return Finding.pass(
          name,
          file,
          before.equals(after) ? "is as it will be needed" : "can be edited: see below");
    } catch (UnexpectedText e) {
      return Finding.stop(name, file, e.expected(), e.found(), e.next());
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
