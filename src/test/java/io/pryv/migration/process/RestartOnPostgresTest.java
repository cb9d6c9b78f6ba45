package io.pryv.migration.process;

import java.util.List;
import org.junit.jupiter.api.AfterEach;

class RestartOnPostgresTest extends Restarts {

  private final Postgres server = new Postgres();

  @Override
  List<String> database() {
    return server.arguments();
  }

  @AfterEach
  void stop() {
    server.close();
  }
}
