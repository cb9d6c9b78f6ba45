package io.pryv.migration.replication;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Where the tunnel's key and known hosts are: beside the near register's redis.conf, since that
 * directory is mounted in the container (procedure, step 4), where it has another name.
 *
 * @param onHost the key's path on the machine
 * @param inContainer the key's path inside its Redis container
 */
record TunnelPlace(String onHost, String inContainer) {

  /** Finds where the Redis container sees the directory of its redis.conf. */
  static TunnelPlace find(Shell shell, Register near, String migration) {
    String container = near.layout().redisContainer();
    String look =
        """
        set -eu
        readlink -f -- %s
        docker inspect -f '{{range .Mounts}}{{.Source}}|{{.Destination}}{{println}}{{end}}' %s |
          while IFS='|' read -r from to; do
            if [ -n "$from" ]; then printf '%%s|%%s\\n' "$(readlink -f -- "$from")" "$to"; fi
          done
        """
            .formatted(Quote.sh(directory(near)), Quote.sh(container));
    List<String> lines =
        shell
            .run(
                Command.look("find where the Redis container sees its configuration", look)
                    .asRoot())
            .orFail("see that the container " + container + " exists, then retry")
            .lines()
            .toList();
    String name = name(migration);
    return new TunnelPlace(
        directory(near) + "/" + name,
        seenInside(lines.get(0), lines.subList(1, lines.size()))
                .orElseThrow(
                    () ->
                        new StepFailure(
                            near.machine().name(),
                            "mounts of the container " + container,
                            "one that holds " + lines.get(0),
                            String.join(", ", lines.subList(1, lines.size())),
                            "mount the directory of redis.conf in the redis service of "
                                + near.layout().composeFile()
                                + ", as the procedure has it, then retry"))
            + "/"
            + name);
  }

  /** The path of a directory inside a container, by the longest mount that holds it. */
  static Optional<String> seenInside(String directory, List<String> mounts) {
    List<String[]> holding = new ArrayList<>();
    for (String mount : mounts) {
      String[] fromTo = mount.split("\\|", 2);
      if (fromTo.length == 2
          && (directory.equals(fromTo[0]) || directory.startsWith(fromTo[0] + "/"))) {
        holding.add(fromTo);
      }
    }
    return holding.stream()
        .max(Comparator.comparingInt(fromTo -> fromTo[0].length()))
        .map(fromTo -> withoutFinalSlash(fromTo[1]) + directory.substring(fromTo[0].length()));
  }

  String knownHostsOnHost() {
    return onHost + ".known_hosts";
  }

  String knownHostsInContainer() {
    return inContainer + ".known_hosts";
  }

  /** The key's file name, which also marks the tunnel's processes as this migration's. */
  static String name(String migration) {
    return "register-migration-" + migration;
  }

  private static String directory(Register near) {
    String file = near.layout().redisConfFile();
    return file.substring(0, file.lastIndexOf('/'));
  }

  private static String withoutFinalSlash(String path) {
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }
}
