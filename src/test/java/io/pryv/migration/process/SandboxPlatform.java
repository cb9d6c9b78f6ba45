package io.pryv.migration.process;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.dns.FakeDns;
import io.pryv.migration.machine.FakeHttps;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.Shells;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A platform on this machine: source, which serves its users, and dest, deployed and not launched
 * yet. Shells, rsync, ssh and Redis are real; docker, HTTPS and DNS are played, by what runs and by
 * what the real Redis and the real files hold.
 */
final class SandboxPlatform implements AutoCloseable {

  static final String DOMAIN = "pryv.lab";
  static final int USERS = 40;
  private static final String PARENT = "192.0.2.53";
  private static final String RESOLVER = "192.0.2.54";
  private static final String RESERVED = "{\"reserved\":true}";

  final LiveRegister source = new LiveRegister(Machine.Role.SOURCE, "127.0.0.11");
  final LiveRegister dest = new LiveRegister(Machine.Role.DEST, "127.0.0.12");
  private final FakeDns names = new FakeDns();

  SandboxPlatform(Path certificates) {
    source.tunnelsTo(dest);
    dest.tunnelsTo(source);
    for (LiveRegister register : List.of(source, dest)) {
      certificate(certificates, register);
      zone(register.address(), register.address());
    }
    delegateTo(source);
  }

  /** Source serves, and users come. */
  void live() {
    source.run();
    for (int user = 1; user <= USERS; user++) {
      createUser("user%04d".formatted(user), source);
    }
  }

  /** Makes the platform's certificate, once for all tests. */
  static void makeCertificate(Path directory) throws IOException, InterruptedException {
    Process openssl =
        new ProcessBuilder(
                ("openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out bundle.crt"
                        + " -days 400 -subj /CN=pryv.lab -addext subjectAltName=DNS:*.pryv.lab")
                    .split(" ", -1))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!openssl.waitFor(30, TimeUnit.SECONDS) || openssl.exitValue() != 0) {
      throw new IllegalStateException("openssl made no certificate");
    }
  }

  /** Writes the platform file that describes it. */
  void describeIn(Path directory, String name) {
    write(
        directory.resolve(name + ".yaml"),
        """
        domain: %s
        ssh: {user: %s, key: id, knownHosts: known_hosts}
        source: {host: %s, port: %d, confRoot: %s}
        dest: {host: %s, port: %d, confRoot: %s}
        nameServers: {parents: ["%s"], resolvers: ["%s"]}
        options: {keyType: ed25519, dnsSample: 20, checkEvery: 1s, quietPeriod: 1s, strategy: cold}
        """
            .formatted(
                DOMAIN,
                System.getProperty("user.name"),
                source.address(),
                source.sshPort(),
                source.shell().confRoot(),
                dest.address(),
                dest.sshPort(),
                dest.shell().confRoot(),
                PARENT,
                RESOLVER));
  }

  /** How many changing commands there have been on both machines. */
  int changes() {
    return source.shell().changes().size() + dest.shell().changes().size();
  }

  Shells shells() {
    return machine -> (machine.role() == Machine.Role.SOURCE ? source : dest).shell();
  }

  /** A registration, as the register writes it. */
  static void createUser(String name, LiveRegister register) {
    String email = name + "@mail.example";
    List<String> said =
        Stream.of(
                List.of("HSET", name + ":users", "username", name, "email", email),
                List.of("SET", name + ":server", "core1." + DOMAIN),
                List.of("SET", email + ":email", name))
            .flatMap(command -> register.redis(command.toArray(String[]::new)).stream().limit(1))
            .toList();
    if (!said.equals(List.of(":2", "+OK", "+OK"))) {
      throw new IllegalStateException(name + " was not created: " + said);
    }
  }

  /** What the hosting provider does. */
  void delegateTo(LiveRegister register) {
    synchronized (names) {
      names.delegates(PARENT, DOMAIN, "dns1." + DOMAIN + "=" + register.address());
      zone(RESOLVER, register.address());
    }
  }

  /** The zone of a register: its own names lead to that address. */
  private void zone(String server, String address) {
    names.answers(server, DOMAIN, "NS", "NS dns1." + DOMAIN);
    names.answers(server, DOMAIN, "MX", "MX 10 mail." + DOMAIN);
    for (String name : List.of("reg", "access", "dns1")) {
      names.answers(server, name + "." + DOMAIN, "A", "A " + address);
    }
  }

  DnsClient dns() {
    return new DnsClient() {
      /** Its TTLs are one second, or the quiet period would be two days. */
      @Override
      public Answer ask(String server, String name, String type) {
        Answer answer = asked(server, name, type);
        return new Answer(
            answer.code(), answer.records(), 1, answer.authority(), answer.additional());
      }

      private Answer asked(String server, String name, String type) {
        synchronized (names) {
          return Stream.of(source, dest)
              .filter(register -> register.address().equals(server))
              .findFirst()
              .map(register -> answerOf(register, name, type))
              .orElseGet(() -> names.ask(server, name, type));
        }
      }

      @Override
      public Answer resolve(String resolver, String name, String type) {
        return ask(resolver, name, type);
      }
    };
  }

  /** As the platform's DNS: its own names, or else a user's core, as Redis has it now. */
  private DnsClient.Answer answerOf(LiveRegister register, String name, String type) {
    if (!register.container("dns").running()) {
      throw new StepFailure(
          register.address(), type + " " + name, "an answer", "none", "see that its DNS runs");
    }
    register.logQuery(name);
    DnsClient.Answer own = names.ask(register.address(), name, type);
    String core = own.empty() ? register.get(name.replace("." + DOMAIN, "") + ":server") : "";
    return core.isEmpty()
        ? own
        : new DnsClient.Answer("NOERROR", List.of("CNAME " + core), 3600, List.of(), List.of());
  }

  HttpsProbe https() {
    return new FakeHttps()
        .answers(source.address(), path -> nginxAnswers(source, path))
        .answers(dest.address(), path -> nginxAnswers(dest, path));
  }

  /** Nobody answers while nginx is down; it writes down what it is asked, and passes it on. */
  private String nginxAnswers(LiveRegister register, String path) {
    Optional<String> site = register.site();
    if (site.isEmpty()) {
      return null;
    }
    register.logRequest(path);
    for (LiveRegister other : List.of(source, dest)) {
      String onward = "server " + other.address() + ":443;";
      if (other != register
          && site.get().lines().anyMatch(line -> line.strip().startsWith(onward))) {
        return nginxAnswers(other, path);
      }
    }
    return registerAnswers(register, path);
  }

  static String registerAnswers(LiveRegister register, String path) {
    if (!register.container("register").running()) {
      return "502 bad gateway";
    }
    if (path.endsWith("/server")) {
      String name = path.split("/", -1)[1];
      String core = register.get(name + ":server");
      return core.isEmpty()
          ? "302 https://sw.pryv.lab/access/error.html?id=UNKNOWN_USER_NAME"
          : "302 http://" + core + "/?username=" + name;
    }
    return path.startsWith("/wactiv/") && !register.get("wactiv:server").isEmpty()
        ? RESERVED
        : "{\"reserved\":false}";
  }

  private static void certificate(Path certificates, LiveRegister register) {
    try {
      for (String file : List.of("bundle.crt", "key.pem")) {
        register
            .shell()
            .confFile(
                "reg-master/nginx/conf/secret/pryv.lab-" + file,
                Files.readString(certificates.resolve(file)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    source.close();
    dest.close();
  }
}
