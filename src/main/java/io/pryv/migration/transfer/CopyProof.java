package io.pryv.migration.transfer;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.DetachedJob;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.SideBySide;
import io.pryv.migration.machine.Told;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.DestData;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * That what was brought to dest is what source's data directory holds, byte for byte, and belongs
 * to the user that Redis runs as: an empty or short dest would wipe source when it follows (field
 * guide 3.5). Only at the end of source's AOF may something have come since: the deletion of keys
 * that expired, for which Redis asks no fence.
 */
final class CopyProof {

  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private final Shell onSource;
  private final Shell onDest;
  private final Register source;
  private final Register dest;
  private final String migration;

  CopyProof(Shell onSource, Shell onDest, Register source, Register dest, String migration) {
    this.onSource = onSource;
    this.onDest = onDest;
    this.source = source;
    this.dest = dest;
    this.migration = migration;
  }

  /**
   * What was proven.
   *
   * @param files of both machines
   * @param ownerCorrected whether the ownership had to be put right
   */
  record Proven(DataFiles files, boolean ownerCorrected) {

    String markdown() {
      return "| file | SHA-256 on source and dest |\n|---|---|\n"
          + files.sums().entrySet().stream()
              .filter(file -> !file.getValue().equals("-"))
              .limit(50)
              .map(file -> "| `%s` | `%s` |%n".formatted(file.getKey(), file.getValue()))
              .collect(Collectors.joining());
    }
  }

  /**
   * Compares both sides, at the same time, once no job of ours writes there, and puts the ownership
   * right where it isn't.
   */
  Proven prove() {
    DetachedJob.requireNone(onDest, migration, "the copy was not proven");
    SideBySide<DataFiles> there =
        SideBySide.begin(() -> list(onSource, source.layout().dataDirectory()));
    DataFiles here = list(onDest, DestData.incoming(dest));
    DataFiles files = there.end();
    List<String> differences =
        files.differences(here, "source", "dest").stream()
            .filter(difference -> !onlyExpired(difference))
            .toList();
    if (!differences.isEmpty() || files.empty()) {
      throw new StepFailure(
          dest.machine().name(),
          DestData.incoming(dest),
          "the files of source's " + source.layout().dataDirectory() + ", byte for byte",
          differences.isEmpty() ? "no file on either side" : String.join("; ", differences),
          "source is put back as it was; see who writes in these directories");
    }
    return new Proven(here, correctOwner());
  }

  /** Whether all that differs is what source's AOF tells, at its end, of keys that expired. */
  private boolean onlyExpired(String difference) {
    if (!difference.endsWith(DataFiles.AOF_DIFFERS)) {
      return false;
    }
    String path = difference.substring(0, difference.length() - DataFiles.DIFFERS.length());
    String[] there =
        run(onDest, DestData.incoming(dest), path, AppendedCommands.WHOLE).split("\\s+", -1);
    String appended =
        run(
            onSource,
            source.layout().dataDirectory(),
            path,
            AppendedCommands.behind(
                new Told(dest.machine().name(), "size of " + path).number(there[0]),
                there[there.length - 1]));
    return AppendedCommands.onlyDeletions(appended);
  }

  private static String run(Shell shell, String directory, String path, String script) {
    return shell
        .run(
            Command.look(
                    "compare " + path,
                    data(directory) + "file=\"$data\"/" + Quote.sh(path) + "\n" + script)
                .within(DEADLINE)
                .asRoot())
        .orFail("see that the user may read the data directory, then retry");
  }

  private static DataFiles list(Shell shell, String directory) {
    return DataFiles.parse(
        shell
            .run(
                Command.look("hash the files of " + directory, data(directory) + DataFiles.LIST)
                    .within(DEADLINE)
                    .asRoot())
            .orFail("see that the user may read the data directory, then retry"));
  }

  private boolean correctOwner() {
    if (strangers().isEmpty()) {
      return false;
    }
    onDest
        .run(
            Command.change(
                    "give the data to the user that Redis runs as",
                    data(DestData.incoming(dest))
                        + """
                        owner=%s
                        cd %s || exit
                        if [ -x ./ensure-permissions-reg-master ]; then ./ensure-permissions-reg-master >&2; fi
                        chown -R "$owner" -- "$data"
                        """
                            .formatted(
                                Quote.sh(dest.layout().dataOwner()),
                                Quote.sh(dest.machine().confRoot())))
                .within(DEADLINE)
                .asRoot())
        .orFail("give the data directory to " + dest.layout().dataOwner() + ", then retry");
    String left = strangers();
    if (!left.isEmpty()) {
      throw new StepFailure(
          dest.machine().name(),
          DestData.incoming(dest),
          "everything in it owned by " + dest.layout().dataOwner(),
          left,
          "give the data directory to " + dest.layout().dataOwner() + ", then retry");
    }
    return true;
  }

  /** Files of another owner than the right one, some of them. */
  private String strangers() {
    String[] owner = dest.layout().dataOwner().split(":", 2);
    return onDest
        .run(
            Command.look(
                    "look at the owner of the data",
                    data(DestData.incoming(dest))
                        + "find \"$data\" \\( ! -uid %s -o ! -gid %s \\) -printf '%%U:%%G %%p\\n' | head -n 5"
                            .formatted(Quote.sh(owner[0]), Quote.sh(owner[1])))
                .asRoot())
        .orFail("see that the user may read the data directory, then retry");
  }

  private static String data(String directory) {
    return "data=" + Quote.sh(directory) + "\n";
  }
}
