package io.pryv.lab.standin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Stands in for the register: one program, which the vendor ships as two services, {@code register}
 * and {@code dns}.
 *
 * <p>As the original it listens, for HTTP and for DNS, before it writes its fixture, and dies when
 * Redis refuses that, so that one that is started again for ever on a replica answers for a moment
 * each time. Then it looks at every key and is silent meanwhile. It logs no HTTP request; it
 * answers 500 when Redis refuses a write, and waits when Redis is silent. Unlike the original it
 * names, in the header {@value #RUN_ID}, the Redis that took a write.
 */
public final class RegisterServer implements AutoCloseable {
  /** The header that names the Redis that took the write. */
  public static final String RUN_ID = "X-Redis-Run-Id";

  private final RegisterConfig config;
  private final RegisterData data;

  /** What the original has one thread for; nothing is answered while that is busy. */
  private final ExecutorService loop =
      Executors.newSingleThreadExecutor(task -> new Thread(null, task, "loop", 512 * 1024));

  private HttpStandIn http;
  private DnsServer dns;

  /** Serves nothing yet. */
  public RegisterServer(RegisterConfig config) {
    this.config = config;
    data = new RegisterData(config);
  }

  public static void main(String[] arguments) {
    StandIn.run(
        arguments,
        RegisterConfig.class,
        config -> {
          RegisterLog.info("Redis client initialized, no authentication set.");
          new RegisterServer(config).start();
        });
  }

  /** Listens, writes the fixture, looks at every key; fails when Redis refuses the write. */
  public void start() throws IOException {
    try {
      RegisterApi api = new RegisterApi(config, data);
      http =
          HttpStandIn.start(
              config.server().port(),
              StandIn.JSON,
              request -> {
                awaitTurn();
                return api.handle(request);
              });
      RegisterLog.info(
          "Registration server v%s listening on http://0.0.0.0:%d\n Serving main domain: %s"
              .formatted(config.standIn().release(), http.port(), config.dns().domain()));
      dns = new DnsServer(config, data, loop);
      data.writeFixture();
      data.loadReservedWords();
      lookAtEveryKey();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** The port of HTTP. */
  public int port() {
    return http.port();
  }

  /** The UDP port of DNS. */
  public int dnsPort() {
    return dns.port();
  }

  @Override
  public void close() {
    data.close();
    loop.shutdownNow();
    if (dns != null) {
      dns.close();
    }
    if (http != null) {
      http.close();
    }
  }

  private void lookAtEveryKey() throws IOException {
    RegisterData.get(
        CompletableFuture.runAsync(
            () -> {
              try {
                data.findGhosts();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            loop));
  }

  private void awaitTurn() throws IOException {
    RegisterData.get(CompletableFuture.runAsync(() -> {}, loop));
  }
}
