package io.pryv.lab.standin;

import io.pryv.lab.standin.HttpStandIn.Answer;
import java.io.IOException;
import java.util.Map;

/** Stands in for the mail service, which knows only {@code /sendmail/}: 404 for all the rest. */
public final class MailServer implements AutoCloseable {
  private final Config config;
  private HttpStandIn http;

  /** Serves nothing yet. */
  public MailServer(Config config) {
    this.config = config;
  }

  /** Its port, 0 for any. */
  public record Config(int port) {}

  public static void main(String[] arguments) {
    StandIn.run(arguments, Config.class, config -> new MailServer(config).start());
  }

  /** Begins to serve. */
  public void start() throws IOException {
    http =
        HttpStandIn.start(
            config.port,
            StandIn.JSON,
            request ->
                request.getRequestURI().getPath().startsWith("/sendmail/")
                    ? new Answer(200, Map.of())
                    : Answer.text(404, "text/plain; charset=utf-8", "Not Found"));
  }

  /** The port it listens on. */
  public int port() {
    return http.port();
  }

  @Override
  public void close() {
    http.close();
  }
}
