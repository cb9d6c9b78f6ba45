package io.pryv.migration.rollback;

import static org.assertj.core.api.Assertions.assertThat;

import io.pryv.migration.machine.SandboxHands;
import io.pryv.migration.machine.SandboxRegister;
import io.pryv.migration.machine.SandboxShell;
import io.pryv.migration.platform.Machine.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HashTreeTest {

  private final SandboxRegister machine = new SandboxRegister(SandboxShell.of(Role.SOURCE));
  private final Path site =
      machine.shell().confFile("reg-master/nginx/conf/site.conf", "upstream {}\n");
  private final Before before =
      new Before(
          machine.register(),
          new SandboxHands(machine.shell()).on(machine.shell().machine()),
          SandboxRegister.MIGRATION);

  @BeforeEach
  void record() throws Exception {
    machine.dataFile("appendonly.aof", "data");
    Files.createDirectories(machine.shell().home().resolve(".ssh"));
    Files.writeString(machine.shell().home().resolve(".ssh/authorized_keys"), "ssh-rsa AAAA a\n");
    assertThat(before.record().made()).isTrue();
  }

  @AfterEach
  void remove() {
    machine.close();
  }

  @Test
  void nothingDiffersBeforeAnythingIsChanged() {
    assertThat(before.tree().orElseThrow().changesTo(before.now())).isEmpty();
    assertThat(before.tree().orElseThrow().entries())
        .containsKey(site.toString())
        .containsKey(machine.shell().home().resolve(".ssh/authorized_keys").toString())
        .doesNotContainKey(machine.data().resolve("appendonly.aof").toString());
  }

  @Test
  void whatIsRecordedIsNeverRecordedAgain() throws Exception {
    Files.writeString(site, "other\n");
    assertThat(before.record().made()).isFalse();
    assertThat(before.tree().orElseThrow().changesTo(before.now())).hasSize(1);
  }

  @Test
  void contentModeAndExistenceAreTold() throws Exception {
    Files.writeString(site, "upstream []\n");
    Files.setPosixFilePermissions(
        machine.redisConf(), PosixFilePermissions.fromString("rw-------"));
    Path odd = machine.shell().confFile("a new\nfile's \"name", "x");
    Files.delete(machine.shell().home().resolve(".ssh/authorized_keys"));
    var changes = before.tree().orElseThrow().changesTo(before.now());
    assertThat(changes.get(site.toString()).inWords()).contains("sha256").contains(" → ");
    assertThat(changes.get(machine.redisConf().toString()).inWords()).contains(" 600 ");
    assertThat(
            changes
                .get(machine.shell().home().resolve(".ssh/authorized_keys").toString())
                .inWords())
        .startsWith("gone: ");
    assertThat(Files.exists(odd)).isTrue();
    assertThat(changes.keySet()).anyMatch(path -> path.contains("a new"));
  }

  @Test
  void dataIsNotLookedAt() {
    machine.dataFile("dump.rdb", "more");
    assertThat(before.tree().orElseThrow().changesTo(before.now())).isEmpty();
  }
}
