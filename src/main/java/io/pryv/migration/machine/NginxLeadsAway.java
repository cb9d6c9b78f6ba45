package io.pryv.migration.machine;

import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether no client's request can reach a machine's own register: no directive of the configuration
 * that its nginx has read leads there, nginx's workers were started since these files last changed,
 * and the register publishes no port on its host. Then what is written to that machine's Redis is
 * written by its own services only.
 */
public final class NginxLeadsAway {

  private static final Set<String> PASSES =
      Set.of(
          "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass");

  /** Times of processes and files are compared as whole seconds. */
  private static final long ROUNDING_SECONDS = 1;

  private static final String CONFIGURATION = "-- configuration";
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(10);

  private NginxLeadsAway() {}

  /** What speaks against it, worded for the operator; empty when it is proven. */
  public static Optional<String> objection(Shell shell, Register register) {
    Layout layout = register.layout();
    if (layout.registerContainer().isEmpty()) {
      return Optional.empty();
    }
    try {
      String main =
          layout.nginxContainer().isEmpty() ? "" : new NginxContainer(shell, layout).mainFile();
      String looked =
          shell
              .run(
                  Command.look("see where nginx leads requests", look(layout, main))
                      .within(LONGEST_LOOK))
              .orFail(
                  "see that nginx runs (`docker ps`) and what `nginx -t` says in its container");
      return judge(looked).map(found -> register.machine().name() + "'s nginx: " + found);
    } catch (StepFailure unknown) {
      return Optional.of(unknown.getMessage());
    }
  }

  private static String look(Layout layout, String main) {
    String register =
        """
        set -eu
        register=%s
        nginx=%s
        docker inspect -f '{{.Name}} {{index .Config.Labels "com.docker.compose.service"}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{range .Aliases}}{{.}} {{end}}{{end}}' "$register" | sed 's/^/names /'
        docker inspect -f '{{range $port, $bound := .NetworkSettings.Ports}}{{range $bound}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}' "$register" | sed 's/^/published /'
        """
            .formatted(Quote.sh(layout.registerContainer()), Quote.sh(layout.nginxContainer()));
    return layout.nginxContainer().isEmpty()
        ? register
        : register
            + """
            echo "now $(date +%%s)"
            as_root find -L %s -type f -printf 'changed %%Ts\\n' | sort -k2n | tail -n 1
            docker top "$nginx" -eo pid,etimes,args | sed -n 's/^ *[0-9]* *\\([0-9]*\\) *nginx: worker process.*/age \\1/p' | sort -k2n | tail -n 1
            echo '%s'
            docker exec "$nginx" nginx -T -c %s 2>/dev/null </dev/null
            """
                .formatted(Quote.sh(layout.nginxConfDirectory()), CONFIGURATION, Quote.sh(main));
  }

  /** Judges what the look printed. */
  static Optional<String> judge(String looked) {
    Set<String> names = new TreeSet<>();
    long now = 0;
    long changed = 0;
    long age = -1;
    int configuration = looked.indexOf(CONFIGURATION);
    String facts = configuration < 0 ? looked : looked.substring(0, configuration);
    for (String line : facts.lines().toList()) {
      List<String> words = List.of(line.strip().split("\\s+", -1));
      List<String> values = words.subList(1, words.size());
      switch (words.get(0)) {
        case "names" -> values.forEach(name -> names.add(name.replaceFirst("^/", "")));
        case "published" -> {
          if (!values.isEmpty()) {
            return Optional.of(
                "the register itself is published at "
                    + String.join(", ", values)
                    + " of the host");
          }
        }
        case "now" -> now = Long.parseLong(values.get(0));
        case "changed" -> changed = Long.parseLong(values.get(0));
        case "age" -> age = Long.parseLong(values.get(0));
        default -> {}
      }
    }
    if (configuration < 0) {
      return Optional.empty();
    }
    if (age < 0) {
      return Optional.of("no worker process of it is seen (`docker top`)");
    }
    if (now - age + ROUNDING_SECONDS < changed) {
      return Optional.of(
          "a worker of it is older than its files: what it does is not what they say; reload it"
              + " (`nginx -s reload`)");
    }
    try {
      return leads(
              NginxDirective.parse(looked.substring(configuration + CONFIGURATION.length())), names)
          .stream()
          .findFirst();
    } catch (UnexpectedText unreadable) {
      return Optional.of(unreadable.getMessage());
    }
  }

  private static List<String> leads(List<NginxDirective> directives, Set<String> register) {
    List<String> found = new ArrayList<>();
    for (NginxDirective directive : directives) {
      boolean target = PASSES.contains(directive.name());
      if (target && !directive.arguments().isEmpty()) {
        ofTarget(directive, directive.arguments().get(0), register).ifPresent(found::add);
      }
      if (directive.name().equals("upstream")) {
        for (NginxDirective server : directive.children("server")) {
          ofTarget(server, server.arguments().get(0), register).ifPresent(found::add);
        }
      }
      found.addAll(leads(directive.children(), register));
    }
    return found;
  }

  private static Optional<String> ofTarget(
      NginxDirective directive, String target, Set<String> register) {
    String host =
        target
            .replaceFirst("^[a-z]+://", "")
            .replaceFirst("\\$(request_uri|uri)\\b", "/")
            .replaceFirst("[:/].*$", "");
    String line = directive.name() + " " + target;
    if (host.contains("$")) {
      return Optional.of("`" + line + "` leads to an address that only a request tells");
    }
    return register.contains(host)
        ? Optional.of("`" + line + "` leads to the register on the same machine")
        : Optional.empty();
  }
}
