package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineMarksTest {

  @TempDir Path directory;

  /** Once dest is lost for good, an operator has nothing but that line. */
  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n"})
  void whatTheDocumentationLetsAnOperatorTypeUndoesOurEditsToTheByte(String lineEnd)
      throws IOException, InterruptedException {
    String original = "upstream x {\n\tserver register:9000;\n}\nlast".replace("\n", lineEnd);
    String edited =
        ("upstream x {\n"
                + LineMarks.was("\tserver register:9000;\n")
                + LineMarks.added("\tserver 10.0.0.2:443;", "\n")
                + "}\n"
                + LineMarks.addedBelow("replicaof 127.0.0.1 4567", "\n")
                + "last")
            .replace("\n", lineEnd);
    assertThat(LineMarks.undo(edited)).isEqualTo(original);

    Path file = Files.writeString(directory.resolve("site.conf"), edited);
    int status =
        new ProcessBuilder("bash", "-c", typed().replace("FILE", file.toString()))
            .inheritIO()
            .start()
            .waitFor();
    assertThat(status).isZero();
    assertThat(Files.readString(file)).isEqualTo(original);
  }

  private static String typed() throws IOException {
    return Files.readAllLines(Path.of("docs/operating.md")).stream()
        .map(String::strip)
        .filter(line -> line.startsWith("sed -i ") && line.contains("register-migration: was"))
        .findFirst()
        .orElseThrow();
  }
}
