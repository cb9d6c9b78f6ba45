package io.pryv.migration.machine;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * {@code docker} and {@code docker-compose} for a sandbox: containers that are running or stopped,
 * with restart policy, labels, log, address, and programs that {@code docker exec} finds in them.
 * The tool itself is {@code docker.bash} beside this class; extend it there.
 */
public final class StubDocker {

  private final SandboxShell machine;
  private int containers;

  /** Puts the two programs on the machine; there is no container yet. */
  public StubDocker(SandboxShell machine) {
    this.machine = machine;
    try (InputStream tool = StubDocker.class.getResourceAsStream("docker.bash")) {
      String text = new String(tool.readAllBytes(), StandardCharsets.UTF_8);
      machine.stub("docker", text).stub("docker-compose", text);
      Files.createDirectories(directory());
      Files.createFile(machine.root().resolve("docker-calls"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A running register: {@code pryv_reverse_proxy_1}, {@code pryv_register_1}, {@code pryv_dns_1},
   * {@code pryv_redis_1}, {@code pryv_mail_1}, of the compose file {@code reg-master.yml} below
   * CONF_ROOT, with the start and stop scripts of the 2018–2019 layout.
   */
  public StubDocker register() {
    StringBuilder compose = new StringBuilder("version: '2'\n\nservices:\n");
    for (String service : List.of("reverse_proxy", "register", "dns", "redis", "mail")) {
      compose.append("\n  ").append(service).append(":\n    restart: always\n");
      service("pryv", service);
    }
    // Numbers that no process has: a signal to one must reach nobody.
    container("pryv_reverse_proxy_1")
        .top(
            """
              PID ELAPSED COMMAND
              9000001 1000000 nginx: master process nginx -g daemon off;
              9000002 1000000 nginx: worker process
            """);
    if (!Files.exists(machine.confRoot().resolve("reg-master.yml"))) {
      machine.confFile("reg-master.yml", compose.toString());
    }
    SandboxShell.executable(
        machine.confRoot().resolve("run-reg-master"), "docker-compose -f reg-master.yml up -d");
    SandboxShell.executable(
        machine.confRoot().resolve("stop-containers"), "docker stop $(docker ps -a -q)");
    return this;
  }

  /** A running container of a compose project whose file is CONF_ROOT/reg-master.yml. */
  public Container service(String project, String service) {
    return container(project + "_" + service + "_1")
        .label("com.docker.compose.project", project)
        .label("com.docker.compose.service", service)
        .label(
            "com.docker.compose.project.config_files",
            machine.confRoot().resolve("reg-master.yml").toString())
        .label("com.docker.compose.project.working_dir", machine.confRoot().toString());
  }

  /** A container by that name; made, running and with restart policy "always", if there is none. */
  public Container container(String name) {
    Container container = new Container(directory().resolve(name));
    if (!Files.exists(container.directory)) {
      containers++;
      container.put("id", "%06x".formatted(containers) + "c0ffee".repeat(9) + "0000");
      container.put("state", "running");
      container.put("policy", "always");
      container.put("started", "2026-01-01T00:00:00.000000000Z");
      container.put("log", "");
      container.put("labels", "");
      container.put("fields", "");
      container.address("172.18.0." + (containers + 1));
      container.field("{{range .Mounts}}{{.Source}}>{{.Destination}} {{end}}", "");
      container.field("{{.Config.Image}}", "pryv/" + name).field("{{.Image}}", "pryv/" + name);
    }
    return container;
  }

  /** Every call, such as {@code docker stop pryv_dns_1}, in order. */
  public List<String> calls() {
    return lines(machine.root().resolve("docker-calls"));
  }

  /** One container; changes are seen by the next call of docker. */
  public static final class Container {

    private final Path directory;

    private Container(Path directory) {
      this.directory = directory;
    }

    public boolean running() {
      return get("state").equals("running");
    }

    public String restartPolicy() {
      return get("policy");
    }

    /** Signals sent with {@code docker kill -s}. */
    public List<String> signals() {
      Path signals = directory.resolve("signals");
      return Files.exists(signals) ? lines(signals) : List.of();
    }

    /** Stops it from the outside. */
    public Container stopped() {
      return put("state", "exited\n");
    }

    /** Sets its restart policy. */
    public Container restartPolicy(String policy) {
      return put("policy", policy + "\n");
    }

    /** Sets the exit code that its last run is said to have ended with. */
    public Container exitCode(int code) {
      return put("exit-code", code + "\n");
    }

    /** Sets a label. */
    public Container label(String key, String value) {
      return append("labels", key + "=" + value + "\n");
    }

    /** What a template of {@code docker inspect -f} gives; the newest wins. */
    public Container field(String template, String value) {
      String line = template + "\t" + value + "\n";
      return put("fields", line + get("fields") + (get("fields").isEmpty() ? "" : "\n"));
    }

    /** Its address on its only network. */
    public Container address(String address) {
      for (String space : List.of("", " ")) {
        field("{{range .NetworkSettings.Networks}}{{.IPAddress}}" + space + "{{end}}", address);
      }
      return this;
    }

    /** What {@code docker top} prints. */
    public Container top(String text) {
      return put("top", text);
    }

    /** What {@code docker logs} prints. */
    public Container log(String text) {
      return put("log", text);
    }

    /** A program that {@code docker exec} finds in it; {@code $CONTAINER} is its name. */
    public Container program(String name, String bash) {
      SandboxShell.executable(directory.resolve("bin").resolve(name), bash);
      return this;
    }

    /**
     * From its next start to its stop it runs a master and a worker process, real ones: at SIGHUP
     * the master reads its files, begins a new worker and ends the old one.
     *
     * @param read bash that stands for reading its files; when it fails, nothing else is done
     */
    public Container nginx(String read) {
      put("nginx-read", read);
      try (InputStream master = StubDocker.class.getResourceAsStream("nginx.bash")) {
        put("nginx-master", new String(master.readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return onStart(
          """
          home=$SANDBOX/docker/$CONTAINER
          rm -f -- "$home/nginx-up"
          setsid bash -c 'exec -a "nginx: master process nginx" bash "$1/nginx-master" "$1"' - "$home" \\
            </dev/null >/dev/null 2>&1 &
          echo $! >>"$home/executed"
          tries=250
          until [ -e "$home/nginx-up" ]; do
            [ $((tries -= 1)) -gt 0 ] || exit 1
            sleep 0.02
          done
          """);
    }

    /** The networks that it has joined, from now on. */
    public Container networks(String... names) {
      return put("networks", String.join("\n", names) + "\n");
    }

    /** The networks that it has joined. */
    public List<String> networks() {
      return lines(directory.resolve("networks"));
    }

    /** Runs whenever compose looks whether it must be made anew. */
    public Container onCreate(String bash) {
      return put("on-create", bash);
    }

    /** Runs at each of its starts; when it fails, the container does not start. */
    public Container onStart(String bash) {
      return put("on-start", bash);
    }

    /** Runs at each of its stops. */
    public Container onStop(String bash) {
      return put("on-stop", bash);
    }

    /** Runs each time it is killed. */
    public Container onKill(String bash) {
      return put("on-kill", bash);
    }

    /** Adds lines to its log. */
    public Container logs(String text) {
      return append("log", text);
    }

    private String get(String file) {
      try {
        return Files.readString(directory.resolve(file)).strip();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private Container put(String file, String text) {
      SandboxShell.writeFile(directory.resolve(file), text);
      return this;
    }

    private Container append(String file, String line) {
      String before = get(file);
      return put(file, (before.isEmpty() ? "" : before + "\n") + line);
    }
  }

  private Path directory() {
    return machine.root().resolve("docker");
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
