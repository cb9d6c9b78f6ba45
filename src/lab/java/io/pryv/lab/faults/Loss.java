package io.pryv.lab.faults;

import io.pryv.lab.traffic.CheckLedger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which acknowledged writes are missing at the end.
 *
 * @param acknowledged how many there were in all
 * @param names those that nothing excuses
 * @param byEverysec those that any Redis with {@code appendfsync everysec} loses: the machine that
 *     was cut had acknowledged them at most 2 s before, and before another one was elected
 */
record Loss(int acknowledged, List<String> names, List<String> byEverysec) {

  static final Loss NONE = new Loss(0, List.of(), List.of());

  /** Redis syncs once a second, and waits up to two for a sync that is under way. */
  private static final Duration EVERYSEC = Duration.ofSeconds(2);

  /** Between the cut and the death of what ran. */
  private static final Duration DYING = Duration.ofMillis(500);

  /** Who was elected when. */
  interface Elections {
    /** When a machine's Redis that followed became a master, after that time. */
    Optional<Instant> elected(String machine, Instant after);
  }

  static Loss of(
      CheckLedger.Result found,
      Path ledger,
      Map<String, String> machineOfRunId,
      List<PowerCut> cuts,
      Elections elections)
      throws IOException {
    List<String> names = new ArrayList<>();
    List<String> byEverysec = new ArrayList<>();
    for (String line : Files.readAllLines(ledger)) {
      String[] columns = line.split("\t", -1);
      if (!found.lostNames().contains(columns[0])) {
        continue;
      }
      Instant acknowledged = Instant.parse(columns[2]);
      String taker = machineOfRunId.getOrDefault(columns[3], "");
      boolean excused =
          cuts.stream()
              .filter(cut -> cut.machine().equals(taker))
              .filter(cut -> !acknowledged.isBefore(cut.at().minus(EVERYSEC)))
              .filter(cut -> !acknowledged.isAfter(cut.at().plus(DYING)))
              .anyMatch(cut -> !anotherElected(cut, acknowledged, elections));
      (excused ? byEverysec : names).add(columns[0]);
    }
    return new Loss(found.acknowledged(), List.copyOf(names), List.copyOf(byEverysec));
  }

  /** Whether the other machine became the writer between the acknowledgement and the cut. */
  private static boolean anotherElected(PowerCut cut, Instant acknowledged, Elections elections) {
    String other = cut.machine().equals(Lab.SOURCE) ? Lab.DEST : Lab.SOURCE;
    return elections.elected(other, acknowledged).filter(at -> at.isBefore(cut.at())).isPresent();
  }

  /** Behind an outcome; empty where there is nothing to tell. */
  String words() {
    return byEverysec.isEmpty()
        ? ""
        : ", %d of %d writes lost by everysec".formatted(byEverysec.size(), acknowledged);
  }
}
