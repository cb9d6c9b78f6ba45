package io.pryv.lab.faults;

import io.pryv.lab.faults.points.PointFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The practice platform and what can go wrong with its machines; all from outside of them. */
final class Lab {

  static final String SOURCE = "source";
  static final String DEST = "dest";
  static final Map<String, String> ADDRESSES = Map.of(SOURCE, "10.90.0.11", DEST, "10.90.0.12");

  private static final String CONF_ROOT = "/var/pryv";
  private static final String RESOLVER = "10.90.0.21";
  private static final String CUT_AT = "cut at ";
  private static final long LONGEST_COMMAND_S = 300;

  /** Takes all that comes in by the network and all that goes out, before anybody else sees it. */
  private static final String SILENCE =
      """
      iptables -t raw -%1$s PREROUTING -i eth0 -j DROP; iptables -t mangle -%1$s POSTROUTING -o eth0 -j DROP
      """;

  /** Room enough for the data and little more; conf and log stay what they were. */
  private static final String SMALL_DISK =
      """
      cd /var/pryv/reg-master && cp -a redis redis.small && mount -t tmpfs -o size=48m small redis &&
      cp -a redis.small/. redis/ && rm -rf redis.small
      """;

  private final Path root;
  private final Path log;

  /**
   * The platform of a checkout.
   *
   * @param root the checkout
   * @param log where the output of commands goes
   */
  Lab(Path root, Path log) {
    this.root = root;
    this.log = log;
  }

  /** The golden state. */
  void reset() {
    script("reset");
  }

  void startTraffic() {
    script("traffic", "start", "--probe-interval-ms", "100");
  }

  /** Ends the traffic; its report is left in a file. */
  Path endTraffic() {
    script("traffic", "report");
    return traffic().resolve("report.json");
  }

  Path traffic() {
    return root.resolve("target/lab/traffic");
  }

  /** Source will be taken away: its dns is not probed directly any more. */
  void sourceWillRetire() {
    try {
      Path sign = traffic().resolve("source-retired");
      if (Files.notExists(sign)) {
        Files.createFile(sign);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void delegate(String machine) {
    script("delegate", machine);
  }

  /** Runs on a machine, as root, outside of ssh. */
  String on(String machine, String bash) {
    return run("docker", "exec", container(machine), "bash", "-c", bash);
  }

  /** Lets a command that is held on the machine end. */
  void release(String machine) {
    on(machine, "rm -f " + PointFiles.HELD);
  }

  /** Its job on source has an exit code. */
  boolean switchHasEnded() {
    return on(
            SOURCE,
            "for job in /root/.register-migration/*/switch/exit; do [ ! -s \"$job\" ] || echo ended; done")
        .contains("ended");
  }

  boolean holds(String machine) {
    return on(machine, "[ ! -e " + PointFiles.HELD + " ] || echo held").contains("held");
  }

  /** Ends the program's connections to the machine's sshd, and those only. */
  void cutSsh(String machine) {
    on(
        machine,
        """
        gateway=$(ip route show default | sed 's/.*via //; s/ .*//')
        ss -tnpH state established "( sport = :22 )" dst "$gateway" | sed -n 's/.*pid=\\([0-9]*\\).*/\\1/p' | xargs -r kill -9
        """);
  }

  /** The machine neither hears nor is heard. */
  void isolate(String machine) {
    on(machine, SILENCE.formatted("I"));
  }

  void reconnect(String machine) {
    on(machine, SILENCE.formatted("D"));
  }

  /** From now on there is little room for the data of dest's Redis; dest has not been launched. */
  void giveDestSmallDisk() {
    on(DEST, SMALL_DISK);
  }

  /** No byte more goes there. */
  void fillDestDisk() {
    on(DEST, "cat /dev/zero >" + CONF_ROOT + "/reg-master/redis/filler 2>/dev/null; true");
  }

  void clearDestDisk() {
    on(DEST, "rm -f " + CONF_ROOT + "/reg-master/redis/filler");
  }

  /** Kills the first process of the machine's Redis container; false when none runs there. */
  boolean killRedis(String machine) {
    return on(
            machine,
            """
            id=$(docker ps -q --filter name=_redis_ | head -n 1); [ -n "$id" ] || exit 0
            kill -9 "$(docker inspect -f '{{.State.Pid}}' "$id")" && echo killed
            """)
        .contains("killed");
  }

  void reboot(String machine) {
    run("docker", "restart", container(machine));
    awaitSsh(machine);
  }

  /**
   * Cuts its power and gives it back: what it had not synced below CONF_ROOT and in root's home is
   * gone.
   *
   * @return when it was cut
   */
  Instant cutPower(String machine) {
    String told = script("cut", machine);
    awaitSsh(machine);
    return told.lines()
        .filter(line -> line.startsWith(CUT_AT))
        .map(line -> Instant.parse(line.substring(CUT_AT.length()).strip()))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("script/lab cut does not tell when: " + told));
  }

  void restartDocker(String machine) {
    on(
        machine,
        """
        old=$(pidof dockerd); kill -TERM "$old"
        tries=600
        until new=$(pidof dockerd) && [ "$new" != "$old" ] && docker info >/dev/null 2>&1; do
          tries=$((tries - 1)); [ $tries -gt 0 ] || exit 1; sleep 0.1
        done
        """);
  }

  private void awaitSsh(String machine) {
    run(
        "timeout",
        "60",
        "bash",
        "-c",
        "until (exec 3<>/dev/tcp/"
            + ADDRESSES.get(machine)
            + "/22) 2>/dev/null; do sleep 0.1; done");
  }

  /**
   * What a rollback must give back: each file of CONF_ROOT and of the ssh directory with owner,
   * mode and hash, without Redis' data and what is logged; then each container that runs and its
   * restart policy.
   */
  String fingerprint(String machine) {
    return on(
        machine,
        """
        cd / && find var/pryv root/.ssh -path '*/redis/data' -prune -o -path '*/log' -prune -o -printf '%p %y %U:%G %m\\n' | sort
        find var/pryv root/.ssh -path '*/redis/data' -prune -o -path '*/log' -prune -o -type f -print0 | sort -z | xargs -0 -r sha256sum
        docker ps -a --format '{{.Names}}' | sort | while read -r name; do
          docker inspect -f '{{.Name}} running={{.State.Running}} restart={{.HostConfig.RestartPolicy.Name}}' "$name"
        done
        ls -A /root | grep -x .register-migration || true
        """);
  }

  /** Whether a machine still holds something that a migration keeps for itself. */
  boolean anyNotes() {
    return ADDRESSES.keySet().stream()
        .anyMatch(
            machine ->
                !on(machine, "ls -A /root/.register-migration 2>/dev/null || true").isEmpty());
  }

  /** Of the checkout, that the program is built from. */
  String commit() {
    return run("git", "rev-parse", "--short", "HEAD").strip();
  }

  /** Whether a client is answered rightly over HTTPS and by DNS, as clients find the platform. */
  boolean serves() {
    return succeeds(
        "bash",
        "-c",
        """
        address=$(dig +short +tries=1 +time=1 @%s reg.pryv.lab A | head -n 1)
        curl -sk -m 2 --resolve "reg.pryv.lab:443:$address" https://reg.pryv.lab/user000001/check_username | grep -q '"reserved": *true' &&
        [ "$(dig +short +tries=1 +time=1 @%s user000001.pryv.lab CNAME)" = core1.pryv.lab. ]
        """
            .formatted(RESOLVER, RESOLVER));
  }

  /** Whether the machine's own dns answers. */
  boolean answersDns(String machine) {
    return succeeds(
        "bash",
        "-c",
        "[ \"$(dig +short +tries=1 +time=1 @%s user000001.pryv.lab CNAME)\" = core1.pryv.lab. ]"
            .formatted(ADDRESSES.get(machine)));
  }

  /** Whether the machine's register takes a registration, asked directly. */
  boolean takesWrites(String machine, String name) {
    return succeeds(
        "bash",
        "-c",
        """
        curl -sk -m 5 --resolve reg.pryv.lab:443:%s https://reg.pryv.lab/user \
          -H 'Content-Type: application/json' -o /dev/null -w '%%{http_code}' \
          -d '{"hosting":"lab.ch","appid":"lab-faults","username":"%s","email":"%s@pryv.lab","password":"correct horse","invitationtoken":"enjoy"}' | grep -q 200
        """
            .formatted(ADDRESSES.get(machine), name, name));
  }

  /**
   * Lines of the machine's nginx about users who were created; whole, since the machine was made.
   */
  String accessLog(String machine) {
    return on(
        machine,
        "grep -h lab-traffic " + CONF_ROOT + "/reg-master/nginx/log/reg.access.log*; true");
  }

  private static String container(String machine) {
    return "pryv-lab-" + machine;
  }

  private String script(String... arguments) {
    List<String> command = new ArrayList<>(List.of(root.resolve("script/lab").toString()));
    command.addAll(Arrays.asList(arguments));
    return run(command.toArray(String[]::new));
  }

  private boolean succeeds(String... command) {
    return execute(command).exitCode == 0;
  }

  private String run(String... command) {
    Ended ended = execute(command);
    if (ended.exitCode != 0) {
      throw new IllegalStateException(
          "the practice platform: %s ended with %d: %s"
              .formatted(String.join(" ", command), ended.exitCode, ended.output.strip()));
    }
    return ended.output;
  }

  private Ended execute(String... command) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).directory(root.toFile());
      builder.environment().put("LAB_USERS", "500");
      // What is judged is the migration, not the vendor's mix-up of concurrent answers.
      builder.environment().put("LAB_DNS", "sound");
      builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
      builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      Process process = builder.start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(LONGEST_COMMAND_S, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(String.join(" ", command) + " did not end");
      }
      Files.writeString(
          log,
          String.join(" ", command) + "\n" + output,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      return new Ended(process.exitValue(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private record Ended(int exitCode, String output) {}
}
