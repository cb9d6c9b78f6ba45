package io.pryv.migration.preflight;

import io.pryv.migration.machine.NginxDirective;
import io.pryv.migration.machine.UnexpectedText;
import io.pryv.migration.platform.ComposeServices;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.LayoutDetails;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.preflight.Survey.Found;
import io.pryv.migration.redis.RedisSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds where things are on a machine (field guide, section 2), from what a survey saw. What the
 * platform file tells comes first.
 */
final class LayoutDetection {

  private static final String REGISTER_UPSTREAM = "register_server";
  private static final Set<String> PROXIES = Set.of("reverse_proxy", "nginx");
  private static final Pattern DOCKER_COMPOSE_V1 = Pattern.compile("docker-compose\\b");
  private static final Pattern DOCKER_COMPOSE_V2 = Pattern.compile("docker\\s+compose\\b");
  private static final Pattern COMMENT = Pattern.compile("(?m)(^|\\s)#.*$");
  private static final Pattern PROJECT_OPTION =
      Pattern.compile("(?:\\s-p|--project-name)[\\s=]*[\"']?([A-Za-z0-9_-]+)");
  private static final String DEFAULT_OWNER = "9999:9999";

  private final Survey survey;
  private final Machine machine;
  private final LayoutDetails told;
  private final boolean slave;
  private final List<Finding> findings = new ArrayList<>();
  private ComposeServices services = new ComposeServices(List.of());

  private LayoutDetection(Survey survey) {
    this.survey = survey;
    this.machine = survey.machine();
    this.told = machine.layout();
    this.slave =
        machine.role() == Machine.Role.SOURCE_SLAVE || machine.role() == Machine.Role.DEST_SLAVE;
  }

  /**
   * What was detected.
   *
   * @param layout empty when it can't be known; the findings say why
   * @param services of the compose file, as far as it could be read
   */
  record Detected(Optional<Layout> layout, ComposeServices services, List<Finding> findings) {}

  static Detected of(Survey survey) {
    LayoutDetection detection = new LayoutDetection(survey);
    Optional<Layout> layout = detection.detect();
    return new Detected(layout, detection.services, List.copyOf(detection.findings));
  }

  private Optional<Layout> detect() {
    if (!survey.facts().has("root")) {
      findings.add(
          Finding.stop(
              machine.name(),
              "CONF_ROOT " + machine.confRoot(),
              "a directory that " + machine.user() + " can enter",
              "none",
              "name the right one as confRoot in the platform file"));
      return Optional.empty();
    }
    String file = slave ? "reg-slave.yml" : "reg-master.yml";
    Optional<String> text = survey.facts().raw("compose." + file);
    if (text.isEmpty()) {
      boolean newer =
          survey.facts().raw("compose.pryv/pryv.yml").isPresent()
              || survey.facts().raw("script.run-pryv").isPresent();
      findings.add(
          Finding.stop(
              machine.name(),
              machine.confRoot() + "/" + file,
              "the compose file of a register "
                  + (slave ? "slave" : "master")
                  + " in the layout of 2018–2019",
              newer ? "the leader/follower layout (run-pryv, pryv/pryv.yml)" : "no such file",
              newer
                  ? "this layout is not supported yet: config-follower rewrites every edit at its"
                      + " next start"
                  : "deploy the register there, or name the right confRoot in the platform file"));
      return Optional.empty();
    }
    try {
      services = ComposeServices.parse(text.get());
    } catch (IllegalArgumentException e) {
      findings.add(
          Finding.stop(
              machine.name(),
              machine.confRoot() + "/" + file,
              "a docker-compose file of version 2 or 3",
              e.getMessage(),
              "run docker-compose config on it and correct it"));
      return Optional.empty();
    }
    Optional<ComposeServices.Service> redis = service(file, Set.of("redis"), true);
    Optional<ComposeServices.Service> dns = service(file, Set.of("dns"), true);
    Optional<ComposeServices.Service> register = service(file, Set.of("register"), !slave);
    Optional<ComposeServices.Service> proxy = service(file, PROXIES, !slave);
    if (redis.isEmpty() || dns.isEmpty() || (!slave && (register.isEmpty() || proxy.isEmpty()))) {
      return Optional.empty();
    }
    return layout(file, redis.get(), dns.get(), register, proxy);
  }

  private Optional<Layout> layout(
      String file,
      ComposeServices.Service redis,
      ComposeServices.Service dns,
      Optional<ComposeServices.Service> register,
      Optional<ComposeServices.Service> proxy) {
    String redisConf =
        mounted(redis, "/app/conf", file).map(path -> path + "/redis.conf").orElse("");
    String dataInContainer =
        survey.conf(redisConf).flatMap(conf -> RedisSettings.find(conf, "dir")).orElse("/app/data");
    Optional<String> data = mounted(redis, dataInContainer, file);
    Optional<String> nginxConf = proxy.flatMap(service -> mounted(service, "/app/conf", file));
    if (data.isEmpty() || redisConf.isEmpty() || (proxy.isPresent() && nginxConf.isEmpty())) {
      return Optional.empty();
    }
    String compose = composeCommand();
    String project = project(redis);
    Optional<String> site = nginxConf.map(this::siteFile);
    return Optional.of(
        new Layout(
            compose,
            machine.confRoot() + "/" + file,
            project,
            machine.confRoot() + (slave ? "/run-reg-slave" : "/run-reg-master"),
            machine.confRoot() + "/stop-containers",
            data.get(),
            DEFAULT_OWNER,
            redisConf,
            nginxConf.orElse(""),
            site.orElse(""),
            proxy.map(service -> accessLog(service, nginxConf.get(), site.get())).orElse(""),
            container(told.redisContainer(), project, compose, Optional.of(redis)),
            container(told.nginxContainer(), project, compose, proxy),
            container(told.registerContainer(), project, compose, register),
            container(told.dnsContainer(), project, compose, Optional.of(dns)),
            "",
            services.names()));
  }

  private Optional<ComposeServices.Service> service(
      String file, Set<String> names, boolean required) {
    Optional<ComposeServices.Service> service =
        services.services().stream().filter(any -> names.contains(any.name())).findFirst();
    if (service.isEmpty() && required) {
      findings.add(
          Finding.stop(
              machine.name(),
              machine.confRoot() + "/" + file,
              "a service named " + names.stream().sorted().reduce((a, b) -> a + " or " + b).get(),
              "services " + String.join(", ", services.names()),
              "see that confRoot in the platform file is that of a register"));
    }
    return service;
  }

  /** A directory of a service on the host, absolute. */
  private Optional<String> mounted(
      ComposeServices.Service service, String containerPath, String file) {
    Optional<String> path = service.hostPathOf(containerPath).map(this::absolute);
    String found =
        service
            .mountAt(containerPath)
            .map(mount -> mount.other().isEmpty() ? mount.hostPath() : mount.other())
            .orElse("none");
    List<String> within =
        service.mounts().stream()
            .map(ComposeServices.Mount::containerPath)
            .filter(inside -> inside.startsWith(containerPath + "/"))
            .toList();
    if (path.isPresent() && !within.isEmpty() && service.name().equals("redis")) {
      found += ", and apart from it " + String.join(", ", within);
    } else if (path.isPresent() && !found.matches(".*[$~].*")) {
      return path;
    }
    findings.add(
        Finding.stop(
            machine.name(),
            machine.confRoot() + "/" + file,
            "a directory of the host mounted at "
                + containerPath
                + " of service "
                + service.name()
                + ", whole",
            found,
            "mount one there, written out, as the vendor's template does"));
    return Optional.empty();
  }

  private String absolute(String path) {
    return path.startsWith("/")
        ? path
        : machine.confRoot() + "/" + path.replaceFirst("^(\\./)+", "");
  }

  /** As the platform file says, or as the start script calls it, or whichever there is. */
  private String composeCommand() {
    if (!told.composeCommand().isEmpty()) {
      return told.composeCommand();
    }
    String script = startScript();
    if (DOCKER_COMPOSE_V1.matcher(script).find()) {
      return "docker-compose";
    }
    if (DOCKER_COMPOSE_V2.matcher(script).find() || !survey.facts().has("compose.v1")) {
      return "docker compose";
    }
    return "docker-compose";
  }

  /** What the start script does, without what it says about it. */
  private String startScript() {
    String script = survey.facts().get(slave ? "script.run-reg-slave" : "script.run-reg-master");
    return COMMENT.matcher(script).replaceAll("$1");
  }

  /**
   * The label of the containers that are there, else what compose makes of the directory's name
   * (docker-compose(1): lower case, without other signs than - and _).
   */
  private String project(ComposeServices.Service redis) {
    String script = startScript();
    var option = PROJECT_OPTION.matcher(script);
    String directory = survey.facts().get("root");
    String byName =
        option.find()
            ? option.group(1)
            : survey.facts().has("project.env")
                ? survey.facts().get("project.env")
                : directory.substring(directory.lastIndexOf('/') + 1);
    String predicted = byName.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]", "");
    return survey.containers().stream()
        .filter(container -> container.service().equals(redis.name()))
        .filter(
            container ->
                container.workingDirectory().equals(machine.confRoot())
                    || container.workingDirectory().equals(directory)
                    || container.mountsBelow(machine.confRoot())
                    || container.mountsBelow(directory))
        .map(Found::project)
        .findFirst()
        .orElse(predicted);
  }

  private String container(
      String toldName, String project, String compose, Optional<ComposeServices.Service> service) {
    if (!toldName.isEmpty() || service.isEmpty()) {
      return toldName;
    }
    return survey.containers().stream()
        .filter(container -> container.project().equals(project))
        .filter(container -> container.service().equals(service.get().name()))
        .map(Found::name)
        .findFirst()
        .orElseGet(
            () -> {
              String separator = compose.equals("docker-compose") ? "_" : "-";
              return service.get().containerName().isEmpty()
                  ? project + separator + service.get().name() + separator + "1"
                  : service.get().containerName();
            });
  }

  /**
   * The file that nginx reads and that has the register's upstream: {@code site.conf} or {@code
   * site-443.conf}, or another that nginx.conf includes.
   */
  private String siteFile(String nginxConf) {
    if (!told.nginxSiteFile().isEmpty()) {
      return told.nginxSiteFile();
    }
    List<String> with =
        survey.confFilesIn(nginxConf).stream().filter(this::hasRegisterUpstream).toList();
    List<String> included = with.stream().filter(path -> isIncluded(nginxConf, path)).toList();
    List<String> candidates = included.isEmpty() ? with : included;
    if (candidates.size() == 1) {
      return candidates.get(0);
    }
    findings.add(
        Finding.stop(
            machine.name(),
            nginxConf,
            "one nginx file with upstream " + REGISTER_UPSTREAM,
            candidates.isEmpty()
                ? "none among " + names(survey.confFilesIn(nginxConf))
                : names(candidates),
            "name the right one as layout.nginxSiteFile in the platform file"));
    return "";
  }

  private static String names(List<String> paths) {
    return paths.isEmpty() ? "no .conf file" : String.join(", ", paths);
  }

  private boolean hasRegisterUpstream(String path) {
    return directives(path)
        .anyMatch(
            directive ->
                directive.name().equals("upstream")
                    && directive.arguments().equals(List.of(REGISTER_UPSTREAM)));
  }

  private boolean isIncluded(String nginxConf, String path) {
    String inContainer = "/app/conf" + path.substring(nginxConf.length());
    return directives(nginxConf + "/nginx.conf")
        .filter(directive -> directive.name().equals("include"))
        .flatMap(directive -> directive.arguments().stream())
        .map(pattern -> pattern.startsWith("/") ? pattern : "/app/conf/" + pattern)
        .anyMatch(pattern -> inContainer.matches(glob(pattern)));
  }

  private static String glob(String pattern) {
    return Pattern.quote(pattern).replace("*", "\\E[^/]*\\Q").replace("?", "\\E[^/]\\Q");
  }

  /**
   * The access log of the register's requests on the host; empty when the container's log has it.
   */
  private String accessLog(ComposeServices.Service proxy, String nginxConf, String site) {
    Optional<String> log =
        Stream.of(
                directives(site)
                    .filter(directive -> directive.name().equals("server"))
                    .filter(LayoutDetection::passesToRegister)
                    .flatMap(server -> server.children("access_log").stream()),
                level(site).filter(directive -> directive.name().equals("access_log")),
                level(nginxConf + "/nginx.conf")
                    .filter(directive -> directive.name().equals("http"))
                    .flatMap(http -> http.children("access_log").stream()))
            .flatMap(directives -> directives)
            .filter(directive -> !directive.arguments().isEmpty())
            .map(directive -> directive.arguments().get(0))
            .findFirst();
    return log.flatMap(
            path ->
                proxy.mounts().stream()
                    .filter(mount -> path.startsWith(mount.containerPath() + "/"))
                    .map(
                        mount ->
                            absolute(mount.hostPath())
                                + path.substring(mount.containerPath().length()))
                    .findFirst())
        .orElse("");
  }

  private static boolean passesToRegister(NginxDirective directive) {
    return (directive.name().equals("proxy_pass")
            && directive.arguments().stream()
                .anyMatch(target -> target.contains("//" + REGISTER_UPSTREAM)))
        || directive.children().stream().anyMatch(LayoutDetection::passesToRegister);
  }

  /** Every directive of a file, blocks before what is in them; none when it can't be read. */
  private Stream<NginxDirective> directives(String path) {
    return level(path).flatMap(LayoutDetection::all);
  }

  /** The outermost directives of a file. */
  private Stream<NginxDirective> level(String path) {
    return survey.conf(path).map(LayoutDetection::parsed).orElse(List.of()).stream();
  }

  private static List<NginxDirective> parsed(String text) {
    try {
      return NginxDirective.parse(text);
    } catch (UnexpectedText notNginx) {
      return List.of();
    }
  }

  private static Stream<NginxDirective> all(NginxDirective directive) {
    return Stream.concat(
        Stream.of(directive), directive.children().stream().flatMap(LayoutDetection::all));
  }
}
