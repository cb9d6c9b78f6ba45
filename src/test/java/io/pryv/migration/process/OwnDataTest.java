package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnDataTest {

  @TempDir Path directory;

  @Test
  void aDirectoryThatIsMissingIsMadeForThisProgramAlone() throws Exception {
    OwnData.require(directory.resolve("var/data"));
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(directory.resolve("var/data"))))
        .isEqualTo("rwx------");
    OwnData.require(directory.resolve("var/data"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxr-x---", "rwx---r-x", "rwxrwx---", "rwx----w-", "rwx--x--x"})
  void dataThatOthersMayReachIsRefusedWithTheCommandThatMendsIt(String permissions)
      throws Exception {
    Path data = Files.createDirectory(directory.resolve("data"));
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString(permissions));
    assertThatThrownBy(() -> OwnData.require(data))
        .hasMessageContaining(permissions)
        .hasMessageContaining("(chmod go= " + data.toRealPath() + ")");
  }
}
