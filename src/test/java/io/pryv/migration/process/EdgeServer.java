package io.pryv.migration.process;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

/**
 * Lets a program in a process of its own reach a platform of sandboxes in this one, as over SSH: a
 * command that it began goes on to its end when that program dies.
 */
final class EdgeServer implements AutoCloseable {

  static final ObjectMapper JSON = new ObjectMapper().registerModule(new JavaTimeModule());

  private final SandboxPlatform lab;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Arrival> arrivals = new CopyOnWriteArrayList<>();
  private volatile Predicate<Command> held = command -> false;

  /** A command that came, and when. */
  record Arrival(Machine.Role role, Command command, Instant at) {}

  /** A command for a machine. */
  record Order(Machine.Role role, Command command) {}

  /** A place as a machine sees it. */
  record Place(Machine.Role role, String host, int port) {}

  /** A question to a DNS server. */
  record Question(String server, String name, String type) {}

  /** A request over TLS. */
  record Get(String address, int port, String hostName, String path, Map<String, String> headers) {}

  /** What a machine failed with, word by word. */
  record Failure(
      boolean lost, String machine, String about, String expected, String found, String next) {}

  EdgeServer(SandboxPlatform lab) {
    this.lab = lab;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    answer("/run", Order.class, this::run);
    answer(
        "/reach",
        Place.class,
        place -> {
          InetSocketAddress there = shell(place.role()).reached(place.host(), place.port());
          return new Place(place.role(), there.getHostString(), there.getPort());
        });
    answer(
        "/ask", Question.class, asked -> lab.dns().ask(asked.server(), asked.name(), asked.type()));
    answer(
        "/https",
        Get.class,
        get ->
            lab.https().get(get.address(), get.port(), get.hostName(), get.path(), get.headers()));
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Every command that came so far, in order. */
  List<Arrival> arrivals() {
    return List.copyOf(arrivals);
  }

  /**
   * From now on such a command does its work on its machine, and its end is not told before {@link
   * #tellEnds}: the instant in which nobody knows what became of it.
   */
  void holdEndOf(Predicate<Command> commands) {
    held = commands;
  }

  /** Whether a command has done its work and its end is held back. */
  boolean holds(Machine.Role role) {
    return Files.exists(mark(role));
  }

  /** Ends what {@link #holdEndOf} began. */
  void tellEnds() {
    held = command -> false;
    for (Machine.Role role : List.of(Machine.Role.SOURCE, Machine.Role.DEST)) {
      try {
        Files.deleteIfExists(mark(role));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private Path mark(Machine.Role role) {
    return shell(role).root().resolve("end-is-held");
  }

  private SandboxShell shell(Machine.Role role) {
    return (role == Machine.Role.SOURCE ? lab.source : lab.dest).shell();
  }

  private CommandResult run(Order order) {
    arrivals.add(new Arrival(order.role(), order.command(), Instant.now()));
    Command command = order.command();
    if (held.test(command)) {
      command =
          command.withScript(
              """
              (
              %s
              )
              code=$?
              touch "$SANDBOX/end-is-held"
              while [ -e "$SANDBOX/end-is-held" ]; do sleep 0.02; done
              exit $code
              """
                  .formatted(command.script()));
    }
    return shell(order.role()).run(command);
  }

  /** Answers one kind of request. */
  private interface Answering<T> {
    Object of(T request);
  }

  private <T> void answer(String path, Class<T> type, Answering<T> answering) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            T request = JSON.readValue(exchange.getRequestBody(), type);
            try {
              send(exchange, 200, answering.of(request));
            } catch (StepFailure failure) {
              send(
                  exchange,
                  500,
                  new Failure(
                      failure instanceof ConnectionLost,
                      failure.getMessage().substring(0, failure.getMessage().indexOf(':')),
                      failure.about(),
                      failure.expected(),
                      failure.found(),
                      failure.next()));
            }
          }
        });
  }

  private static void send(HttpExchange exchange, int status, Object answer) {
    try {
      byte[] body = JSON.writeValueAsBytes(answer);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    } catch (IOException e) {
      // Whoever asked has died meanwhile; what was asked for is done.
    }
  }

  @Override
  public void close() {
    tellEnds();
    server.stop(0);
    threads.shutdownNow();
  }
}
