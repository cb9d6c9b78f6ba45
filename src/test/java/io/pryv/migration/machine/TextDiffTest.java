package io.pryv.migration.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextDiffTest {

  @Test
  void equalTextsHaveNoDifference() {
    assertThat(TextDiff.unified("f", "a\n", "a\n")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'a\nb\nc\n', 'a\nB\nc\n'",
    "'a\nb\nc\n', 'b\nc\n'",
    "'', 'a\nb\n'",
    "'a\nb', 'a\nb\nc'",
    "'1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n', '1\nx\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\ny\n'",
    "'1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n', '1\n3\n4\n5\n6\n7\n8\nx\n9\n10\n11\n12\n'",
  })
  void aDifferenceIsWhatPatchNeeds(String before, String after, @TempDir Path directory)
      throws Exception {
    Path file = Files.writeString(directory.resolve("file"), before);
    Path diff =
        Files.writeString(directory.resolve("diff"), TextDiff.unified("file", before, after));

    Process patch =
        new ProcessBuilder("git", "apply", "--unidiff-zero", "-p0", diff.toString())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(patch.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(patch.waitFor()).as(output).isZero();
    assertThat(file).hasContent(after);
  }

  @Test
  void aFileOfManyThousandLinesNeedsLittleMemory() {
    String before =
        "# line\n  allow 10.0.0.1;\n".repeat(20_000) + "server a;\n" + "#\n".repeat(20_000);

    assertThat(
            TextDiff.unified("f", before, before.replace("server a;\n", "server b;\nserver c;\n")))
        .contains("-server a;\n+server b;\n+server c;\n");
  }
}
