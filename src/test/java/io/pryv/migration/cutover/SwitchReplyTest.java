package io.pryv.migration.cutover;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The switch runs as root on source, and reads what dest's Redis answers. */
class SwitchReplyTest {

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"*x[$(touch ran)]", "*a[`touch ran`]", "$x[$(touch ran)]", "*", "$"})
  void anAnswerThatIsNoneRunsNoCommand(String reply) throws Exception {
    assertThat(bash("receive 3 3<<<\"$1\"; echo $? $reply", reply))
        .isEqualTo("1 no length of an answer");
    assertThat(directory.resolve("ran")).doesNotExist();
  }

  @Test
  void answersAreReadAsEver() throws Exception {
    assertThat(bash("receive 3 3<<<\"$1\"; echo \"$?\" $reply", "*2\r\n$2\r\nab\r\n:7\r"))
        .isEqualTo("0 ab 7");
    assertThat(bash("receive 3 3<<<\"$1\"; echo \"$?$reply\"", "$-1\r")).isEqualTo("0");
  }

  @Test
  void anAnswerPassesForNoOutcome() throws Exception {
    assertThat(bash("say undo \"$1\"", "role a\n1 outcome switched")).hasLineCount(1);
  }

  private String bash(String script, String argument) throws IOException, InterruptedException {
    try (InputStream text = Switch.class.getResourceAsStream("switch.bash")) {
      String all = new String(text.readAllBytes(), StandardCharsets.UTF_8);
      String functions = all.substring(0, all.indexOf("\ninspect_source()"));
      Path file = Files.writeString(directory.resolve("script"), functions + "\n" + script + "\n");
      Process process =
          new ProcessBuilder("bash", file.toString(), argument)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return said.strip();
    }
  }
}
