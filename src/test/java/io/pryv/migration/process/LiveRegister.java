package io.pryv.migration.process;

import com.sun.net.httpserver.HttpServer;
import io.pryv.lab.standin.FreePort;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.RegisterContainer;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.machine.SshdProcess;
import io.pryv.migration.machine.StubDocker;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.preflight.PracticeRegister;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A register master in a sandbox, as far as one lives without Docker: the practice platform's own
 * files, a real sshd, and a real Redis that starts, stops and dies with its stub container and
 * reads the data directory and the redis.conf of the machine. HTTPS and DNS are answered by {@link
 * SandboxPlatform} while the containers of nginx, register and dns run.
 */
final class LiveRegister implements AutoCloseable {

  private static final List<String> SERVICES =
      List.of("reverse_proxy", "register", "dns", "redis", "mail");
  private static final String REDIS_ADDRESS = "172.18.0.5";
  private static final String REGISTER_ADDRESS = "172.18.0.77";
  private static final DateTimeFormatter NGINX_TIME =
      DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private final PracticeRegister files;
  private final String address;
  private final SshdProcess sshd;
  private final int redisPort = FreePort.next();
  private final RenumberedRedis redis = new RenumberedRedis(redisPort);
  private HttpServer api;

  /** Deployed, its containers made and stopped; reached by that address of the loopback. */
  LiveRegister(Machine.Role role, String address) {
    this.files = PracticeRegister.master(role).containers().real("ssh", "rsync", "rrsync");
    this.address = address;
    // What it is asked to run finds this machine's programs.
    this.sshd =
        SshdProcess.startOn(
            address,
            "SetEnv \"PATH=%s/bin:%s\" \"SANDBOX=%1$s\""
                .formatted(shell().root(), System.getenv("PATH")));
    ssh();
    redis();
    proxy();
    container("register").address(REGISTER_ADDRESS).onStart(FIXTURE.formatted(redisPort));
    shell().route(REGISTER_ADDRESS, RegisterContainer.PORT, api());
    for (String service : SERVICES) {
      container(service).stopped();
    }
    // Nothing outlives the tests even when one is cut off.
    Runtime.getRuntime().addShutdownHook(new Thread(this::end));
  }

  /** The register's own port, inside its container. */
  private int api() {
    try {
      api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      api.createContext(
          "/",
          exchange -> {
            byte[] body =
                SandboxPlatform.registerAnswers(this, exchange.getRequestURI().getPath())
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
          });
      api.start();
      return api.getAddress().getPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The register writes its fixture at each start. */
  private static final String FIXTURE =
      """
      for try in $(seq 100); do
        [ "$(redis-cli -p %1$d ping 2>/dev/null)" != PONG ] || break
        sleep 0.05
      done
      redis-cli -p %1$d >"$SANDBOX/fixture" 2>&1 <<'END'
      MULTI
      HSET wactiv:users username wactiv email wactiv@pryv.lab
      SET wactiv:server core1.pryv.lab
      SET wactiv@pryv.lab:email wactiv
      EXEC
      SET dbversion 0.1.3
      END
      true
      """;

  private void ssh() {
    try {
      // Like every machine it lets its operator in; this sshd reads the sandbox's file.
      Path accepted = sshd.directory().resolve("authorized_keys");
      Path ours = home().resolve(".ssh/authorized_keys");
      Files.createDirectories(ours.getParent());
      Files.move(accepted, ours);
      Files.createSymbolicLink(accepted, ours);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    shell()
        .stub(
            "sshd",
            "printf '%%s\\n' 'port %d' 'hostkey %s/host' 'allowtcpforwarding yes'"
                .formatted(sshd.port(), sshd.directory()))
        .stub("sudo", "[ \"$1\" = -n ] && shift; exec \"$@\"")
        // Of this machine's sockets only those of our sshd are the sandbox's.
        .stub(
            "ss",
            "case $1 in *l*) ;; *) /usr/bin/ss \"$@\" | grep -F ':%d ' || true ;; esac"
                .formatted(sshd.port()));
  }

  private void redis() {
    Path conf = files.file("reg-master/redis/conf");
    write(shell().root().resolve("docker-run"), "redis-server --version\n");
    shell().route(REDIS_ADDRESS, 6379, redis.port());
    container("redis")
        .address(REDIS_ADDRESS)
        .field("{{range .Mounts}}{{.Source}}|{{.Destination}}{{println}}{{end}}", conf + "|" + conf)
        .field("{{json .HostConfig.PortBindings}}", bound(""))
        .onCreate(
            """
            fields=$SANDBOX/docker/$CONTAINER/fields
            grep -qF '127.0.0.1:6379:6379' "$SANDBOX/pryv/reg-master.yml" && now='%s' || now='%s'
            was=$(grep -m 1 -F PortBindings "$fields")
            [ "${was#*$'\\t'}" = "$now" ] && exit
            # Made anew, as compose would.
            sed -i '/PortBindings/d' "$fields"
            printf '{{json .HostConfig.PortBindings}}\\t%%s\\n' "$now" >>"$fields"
            echo always >"$SANDBOX/docker/$CONTAINER/policy"
            """
                .formatted(bound("{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"6379\"},"), bound("")))
        .onStart(
            """
            if [ -e "$SANDBOX/port-taken" ]; then
              echo 'Bind for 127.0.0.1:6379 failed: port is already allocated' >&2
              exit 1
            fi
            sed -e '/^\\(dir\\|logfile\\|port\\) /d' -e 's/^\\(replicaof .*\\) 4567/\\1 %d/' \\
              %s/redis.conf >"$SANDBOX/redis.conf"
            rm -f "$SANDBOX/redis.pid"
            redis-server "$SANDBOX/redis.conf" --port %d --bind 127.0.0.1 --dir %s \\
              --logfile "$SANDBOX/redis.log" --pidfile "$SANDBOX/redis.pid" --daemonize yes \\
              --repl-diskless-sync-delay 0 >/dev/null
            for try in $(seq 200); do
              ! redis-cli -p %d ping >/dev/null 2>&1 || [ ! -s "$SANDBOX/redis.pid" ] || exit 0
              sleep 0.05
            done
            exit 1
            """
                .formatted(redis.tunnel(), conf, redisPort, data(), redisPort))
        .onStop(
            """
            pid=$(cat "$SANDBOX/redis.pid")
            kill "$pid"
            while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
            """)
        .onKill("kill -9 $(cat \"$SANDBOX/redis.pid\")");
  }

  private void proxy() {
    Path conf = files.file("reg-master/nginx/conf");
    Path log = accessLog();
    container("reverse_proxy")
        .nginx(
            "mkdir -p %1$s && touch %1$s/reg.access.log && cp %2$s/site.conf \"$SANDBOX/nginx-runs-with\""
                .formatted(log.getParent(), conf))
        .onStop("rm \"$SANDBOX/nginx-runs-with\"")
        .onKill("rm \"$SANDBOX/nginx-runs-with\"")
        .program(
            "nginx",
            """
            case $1 in
              -V) echo 'configure arguments: --conf-path=/etc/nginx/nginx.conf' >&2 ;;
              -T)
                echo '# configuration file /etc/nginx/nginx.conf:'
                cat %1$s/nginx.conf
                printf '\\n# configuration file /app/conf/site.conf:\\n'
                cat %1$s/site.conf ;;
              -t) echo 'nginx: the configuration file syntax is ok' >&2 ;;
              -c)
                # What holds registrations is a real one; a trial is not: curl below answers for it.
                case $2 in *.hold/conf) exec /usr/sbin/nginx "$@" ;; esac ;;
              *) exit 64 ;;
            esac
            """
                .formatted(conf))
        .program("curl", "printf 200");
  }

  /**
   * Inside its Redis container ssh leads to the other register. The key is the one that we made and
   * the other's sshd judges it; only the tunnel itself is opened with the operator's, since on this
   * machine it does not end at port 6379 of the address that ours permits.
   */
  void tunnelsTo(LiveRegister other) {
    container("redis")
        .program(
            "ssh",
            """
            case " $* " in *' -N '*) ;; *) exec /usr/bin/ssh "$@" ;; esac
            arguments=()
            while [ $# -gt 0 ]; do
              case $1 in
                -i) arguments+=(-i %s); shift ;;
                127.0.0.1:4567:*:6379) arguments+=(127.0.0.1:%d:127.0.0.1:%d) ;;
                *) arguments+=("$1") ;;
              esac
              shift
            done
            exec /usr/bin/ssh "${arguments[@]}"
            """
                .formatted(
                    other.sshd.directory().resolve("operator"), redis.tunnel(), other.redisPort))
        .program(
            "redis-cli",
            """
            arguments=()
            for word; do
              case $word in 4567) word=%d ;; 6379) word=%d ;; esac
              arguments+=("$word")
            done
            exec /usr/bin/redis-cli "${arguments[@]}"
            """
                .formatted(redis.tunnel(), redis.port()));
  }

  /** Its services are started as its operator would. */
  void run() {
    shell()
        .run(
            Command.change(
                "start the services", "cd " + shell().confRoot() + " && ./run-reg-master"))
        .orFail("see the stub of docker");
  }

  /** Its Redis container dies, with what runs in it, and docker starts it again. */
  void restartRedis() {
    shell()
        .run(
            Command.change(
                "restart Redis", "docker kill pryv_redis_1 && docker start pryv_redis_1"))
        .orFail("see the stub of docker");
  }

  /** Another program has Redis' port, or lets it go. */
  void portTaken(boolean taken) {
    flag("port-taken", taken);
  }

  /** Nothing more can be written by rsync, once the other register's file refuses writes. */
  void diskFullOnceFenced(LiveRegister other, boolean full) {
    shell()
        .stub(
            "rsync",
            """
            if %s && grep -q 'to-write 99' '%s'; then
              echo 'rsync: [receiver] write failed: No space left on device (28)' >&2
              exit 11
            fi
            exec /usr/bin/rsync "$@"
            """
                .formatted(
                    full, other.shell().confRoot().resolve("reg-master/redis/conf/redis.conf")));
  }

  private void flag(String name, boolean there) {
    try {
      Path file = shell().root().resolve(name);
      Files.deleteIfExists(file);
      if (there) {
        Files.createFile(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  SandboxShell shell() {
    return files.shell();
  }

  PracticeRegister files() {
    return files;
  }

  StubDocker.Container container(String service) {
    return files.docker().container("pryv_" + service + "_1");
  }

  String address() {
    return address;
  }

  int sshPort() {
    return sshd.port();
  }

  Path home() {
    return shell().home();
  }

  Path data() {
    return files.file("reg-master/redis/data");
  }

  Path accessLog() {
    return files.file("reg-master/nginx/log/reg.access.log");
  }

  /** The site file that nginx runs with, while it runs. */
  Optional<String> site() {
    try {
      return Optional.of(Files.readString(shell().root().resolve("nginx-runs-with")));
    } catch (NoSuchFileException down) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What Redis answers, each value a line; empty when it does not run. */
  List<String> redis(String... command) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redisPort)) {
      // Whatever has taken the port of a Redis that ended need not answer.
      socket.setSoTimeout(5000);
      // Inline commands: no value that tests send has a space.
      socket
          .getOutputStream()
          .write((String.join(" ", command) + "\r\nQUIT\r\n").getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .toList();
    } catch (IOException stopped) {
      return List.of();
    }
  }

  /** As a client does: a string, or nothing. */
  String get(String key) {
    List<String> answer = redis("GET", key);
    return answer.size() > 1 && answer.get(0).matches("\\$\\d+") ? answer.get(1) : "";
  }

  /** A field of INFO. */
  String info(String field) {
    return redis("INFO").stream()
        .filter(line -> line.startsWith(field + ":"))
        .map(line -> line.substring(field.length() + 1))
        .findFirst()
        .orElse("");
  }

  /** Whether every container runs and comes back by itself. */
  boolean serves() {
    return SERVICES.stream()
        .map(this::container)
        .allMatch(one -> one.running() && one.restartPolicy().equals("always"));
  }

  /** Whether no container runs, and none comes back by itself. */
  boolean heldDown() {
    return SERVICES.stream()
        .map(this::container)
        .allMatch(one -> !one.running() && one.restartPolicy().equals("no"));
  }

  void logRequest(String path) {
    try {
      Files.writeString(
          accessLog(),
          "10.0.0.9 - - [%s] \"GET %s HTTP/1.1\" 200 17 \"-\" \"-\"%n"
              .formatted(NGINX_TIME.format(Instant.now()), path),
          java.nio.file.StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void logQuery(String name) {
    container("dns").logs(Instant.now() + " DNS: " + name);
  }

  /** SHA-256 of every file of CONF_ROOT and ~/.ssh, without Redis' data and without logs. */
  Map<String, String> fingerprint() {
    Map<String, String> sums = new TreeMap<>();
    for (Path directory : List.of(shell().confRoot(), home().resolve(".ssh"))) {
      try (Stream<Path> all = Files.walk(directory)) {
        for (Path file : all.filter(Files::isRegularFile).toList()) {
          String name = shell().root().relativize(file).toString();
          if (!name.contains("/redis/data/") && !name.contains("/log/")) {
            sums.put(
                name,
                HexFormat.of()
                        .formatHex(
                            MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)))
                    + Files.getPosixFilePermissions(file));
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }
    return sums;
  }

  @Override
  public void close() {
    end();
    api.stop(0);
    redis.close();
    sshd.close();
    shell().close();
  }

  /** Ends what runs in its containers, the tunnel too. */
  private synchronized void end() {
    if (Files.exists(shell().root())) {
      shell()
          .run(
              Command.change(
                  "end everything",
                  "running=$(docker ps -q); [ -z \"$running\" ] || docker kill $running"));
    }
  }

  private static String bound(String onLoopback) {
    return "{\"6379/tcp\":[%s{\"HostIp\":\"10.8.0.1\",\"HostPort\":\"6379\"}]}"
        .formatted(onLoopback);
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
