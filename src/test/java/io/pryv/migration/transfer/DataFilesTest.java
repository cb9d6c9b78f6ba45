package io.pryv.migration.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DataFilesTest {

  private static final String AOF =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  ./appendonly.aof\n";
  private static final String RDB =
      "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  ./redis_dump.rdb\n";

  @Test
  void equalListsHaveNoDifference() {
    assertThat(DataFiles.parse(AOF + RDB).differences(DataFiles.parse(RDB + AOF), "source", "dest"))
        .isEmpty();
  }

  @Test
  void everyKindOfDifferenceIsNamed() {
    DataFiles source = DataFiles.parse("-  ./appendonlydir/\n" + AOF + RDB);
    DataFiles dest = DataFiles.parse(AOF + RDB.replace("9f86", "0000") + "-  ./data/\n");
    assertThat(source.differences(dest, "source", "dest"))
        .containsExactly(
            "./appendonlydir/ only on source", "./data/ only on dest", "./redis_dump.rdb differs");
  }

  @Test
  void whatIsNeitherFileNorDirectoryIsNeverTakenForEqual() {
    DataFiles link = DataFiles.parse("!  ./appendonly.aof\n");
    assertThat(link.differences(link, "source", "dest"))
        .containsExactly("./appendonly.aof differs");
  }

  @Test
  void directoriesAloneAreNoData() {
    assertThat(DataFiles.parse("-  ./appendonlydir/\n").empty()).isTrue();
    assertThat(DataFiles.parse("").empty()).isTrue();
    assertThat(DataFiles.parse(AOF).empty()).isFalse();
  }

  @Test
  void aNameWithBlanksIsOneName() {
    assertThat(DataFiles.parse(AOF.replace("appendonly.aof", "a  copy (2).aof")).sums())
        .containsKey("./a  copy (2).aof");
  }
}
