package io.pryv.migration.process;

import com.fasterxml.jackson.core.type.TypeReference;
import io.pryv.migration.RegisterMigration;
import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.ConnectionLost;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.StepFailure;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.FilterType;
import org.springframework.context.annotation.Primary;

/**
 * The program as it is shipped, in a process of its own that a test may kill. Only its edges are
 * others: they lead to the sandboxes of the test, see {@link EdgeServer}.
 */
@Configuration
@EnableAutoConfiguration
@ComponentScan(
    basePackageClasses = RegisterMigration.class,
    excludeFilters =
        @ComponentScan.Filter(
            type = FilterType.REGEX,
            pattern = "io\\.pryv\\.migration\\.(RegisterMigration|.*Test.*)"))
class KillableTestProgram {

  /** The system property that says where the test's sandboxes are. */
  static final String EDGES = "migration.test.edges";

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  public static void main(String[] arguments) {
    SpringApplication.run(KillableTestProgram.class, arguments);
  }

  @Bean
  @Primary
  static PlatformShells sandboxes() {
    return new PlatformShells(knownHosts -> RemoteShell::new);
  }

  @Bean
  @Primary
  static DnsClient sandboxDns() {
    return new DnsClient() {
      @Override
      public Answer ask(String server, String name, String type) {
        return call("/ask", new EdgeServer.Question(server, name, type), new TypeReference<>() {});
      }

      @Override
      public Answer resolve(String resolver, String name, String type) {
        return ask(resolver, name, type);
      }
    };
  }

  @Bean
  @Primary
  static HttpsProbe sandboxHttps() {
    return (address, port, hostName, path, headers) ->
        call(
            "/https",
            new EdgeServer.Get(address, port, hostName, path, headers),
            new TypeReference<>() {});
  }

  private record RemoteShell(Machine machine) implements Shell {

    @Override
    public CommandResult run(Command command) {
      return call("/run", new EdgeServer.Order(machine.role(), command), new TypeReference<>() {});
    }

    @Override
    public Socket connect(String host, int port) {
      EdgeServer.Place there =
          call(
              "/reach", new EdgeServer.Place(machine.role(), host, port), new TypeReference<>() {});
      try {
        return new Socket(there.host(), there.port());
      } catch (IOException e) {
        throw new ConnectionLost(machine.name(), host + ":" + port, e.getMessage(), e);
      }
    }
  }

  private static <T> T call(String path, Object request, TypeReference<T> type) {
    try {
      HttpResponse<byte[]> response =
          CLIENT.send(
              HttpRequest.newBuilder(URI.create(System.getProperty(EDGES) + path))
                  .POST(
                      HttpRequest.BodyPublishers.ofByteArray(
                          EdgeServer.JSON.writeValueAsBytes(request)))
                  .build(),
              HttpResponse.BodyHandlers.ofByteArray());
      if (response.statusCode() == 200) {
        return EdgeServer.JSON.readValue(response.body(), type);
      }
      EdgeServer.Failure told =
          EdgeServer.JSON.readValue(response.body(), EdgeServer.Failure.class);
      throw told.lost()
          ? new ConnectionLost(told.machine(), told.about(), told.found(), null)
          : new StepFailure(
              told.machine(), told.about(), told.expected(), told.found(), told.next());
    } catch (IOException e) {
      throw new ConnectionLost("sandbox", path, e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ConnectionLost("sandbox", path, "this program is being stopped", e);
    }
  }
}
