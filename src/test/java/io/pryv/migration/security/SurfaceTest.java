package io.pryv.migration.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.security.RestSurface.Endpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SurfaceTest {

  private static final Path DOCUMENTATION = Path.of("docs/security.md");

  private final RestSurface camunda = RestSurface.ofCamunda();

  @Test
  void nothingThatAnswersInCamundasJarsIsForgotten() {
    assertThat(camunda.forgotten()).isEmpty();
    assertThat(camunda.endpoints())
        .hasSizeGreaterThan(1400)
        .contains(
            new Endpoint("POST", "/engine-rest/deployment/create"),
            new Endpoint("GET", "/camunda/api/cockpit/plugin/base/{engine}/incident"),
            new Endpoint("POST", "/camunda/api/admin/setup/{engine}/user/create"));
  }

  /**
   * A call that is let through and that nothing answers would be a slip of the pen, or too wide.
   */
  @Test
  void everyCallThatIsLetThroughIsOneOfCamundas() {
    assertThat(Surface.calls())
        .filteredOn(call -> !call.path().matches("/camunda/(app|lib|assets|favicon).*"))
        .allSatisfy(
            call ->
                assertThat(camunda.endpoints())
                    .as(call.toString())
                    .anyMatch(
                        endpoint ->
                            endpoint.method().equals(call.method().name())
                                && pattern(endpoint).matcher(call.path()).matches()));
  }

  @Test
  void noCallIsListedTwice() {
    assertThat(Surface.calls().stream().map(call -> call.method() + " " + call.path()).toList())
        .doesNotHaveDuplicates();
  }

  @Test
  void theDocumentationShowsTheSameList() throws Exception {
    List<String> shown =
        Files.readAllLines(DOCUMENTATION).stream()
            .filter(line -> line.matches("\\| `(GET|POST|PUT|DELETE|OPTIONS) /.*"))
            .toList();

    assertThat(String.join("\n", shown))
        .as("the table of %s", DOCUMENTATION)
        .isEqualTo(
            String.join(
                "\n",
                Surface.calls().stream()
                    .map(
                        call ->
                            "| `%s %s` | %s | %s |"
                                .formatted(
                                    call.method(), call.path(), call.who().words(), call.use()))
                    .toList()));
  }

  private static Pattern pattern(Endpoint endpoint) {
    return Pattern.compile(
        endpoint.path().replaceAll("\\{\\w+:\\.\\*}", ".*").replaceAll("\\{[^}]*}", "[^/]+"));
  }
}
