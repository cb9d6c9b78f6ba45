package io.pryv.migration.rollback;

import io.pryv.migration.machine.Quote;
import io.pryv.migration.platform.Register;
import java.util.Map;
import java.util.TreeMap;

/**
 * Every file of a machine's CONF_ROOT, outside the Redis data, and of the user's ~/.ssh: mode,
 * owner, size, and the SHA-256 of what it holds. Files above 64 MiB, which no configuration is, are
 * told by size and time instead.
 *
 * @param entries what is known of each path
 */
record HashTree(Map<String, String> entries) {

  /** Bash that prints the listing of a register's machine, in a stable order. */
  static String listing(Register register) {
    return """
        conf=%s
        data=%s
        listing() {
          local root
          for root in "$(readlink -f -- "$conf")" "$HOME/.ssh"; do
            [ -e "$root" ] || continue
            as_root find "$root" -path "$data" -prune -o -type d -printf 'dir %%m %%U:%%G\\t%%p\\n' \\
              -o -type l -printf 'link %%l\\t%%p\\n' \\
              -o -type f -size +65536k -printf 'file %%m %%U:%%G %%s %%T@\\t%%p\\n' \\
              -o ! -type f -printf 'other %%y %%m %%U:%%G\\t%%p\\n' \\
              -o -printf 'file %%m %%U:%%G %%s\\t%%p\\n'
            as_root find "$root" -path "$data" -prune -o -type f -size -65537k -print0 |
              as_root xargs -0 -r sha256sum -- | sed 's/^\\\\\\{0,1\\}\\([0-9a-f]*\\)  /sha256 \\1\\t/'
          done | LC_ALL=C sort
        }
        """
        .formatted(
            Quote.sh(register.machine().confRoot()), Quote.sh(register.layout().dataDirectory()));
  }

  static HashTree parse(String listing) {
    Map<String, String> entries = new TreeMap<>();
    for (String line : listing.split("\n", -1)) {
      int tab = line.indexOf('\t');
      if (tab > 0) {
        entries.merge(
            line.substring(tab + 1), line.substring(0, tab), (one, other) -> one + " " + other);
      }
    }
    return new HashTree(entries);
  }

  /** Each path that is not the same in both, with what it was and what it is. */
  Map<String, Change> changesTo(HashTree now) {
    Map<String, Change> changes = new TreeMap<>();
    entries.forEach(
        (path, was) -> {
          String is = now.entries.getOrDefault(path, "");
          if (!is.equals(was)) {
            changes.put(path, new Change(was, is));
          }
        });
    now.entries.forEach(
        (path, is) -> {
          if (!entries.containsKey(path)) {
            changes.put(path, new Change("", is));
          }
        });
    return changes;
  }

  /**
   * What differs at one path.
   *
   * @param was empty when there was nothing
   * @param is empty when there is nothing
   */
  record Change(String was, String is) {

    String inWords() {
      if (was.isEmpty()) {
        return "new: " + is;
      }
      return is.isEmpty() ? "gone: " + was : was + " → " + is;
    }
  }
}
