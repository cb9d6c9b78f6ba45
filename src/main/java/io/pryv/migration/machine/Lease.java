package io.pryv.migration.machine;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Who holds a machine, and until when.
 *
 * @param since and {@code until}: by the machine's own clock, for people
 * @param boot of the machine in which it was written; empty in a lease of an earlier version
 * @param lasts seconds from when it was written
 * @param ends when the machine has been up for so many seconds, in that boot
 */
public record Lease(
    LeaseHolder holder, Instant since, Instant until, String boot, long lasts, long ends) {

  /**
   * What the lease file of a machine says.
   *
   * @param there whether there is such a file
   * @param text its beginning
   * @param now the machine's clock
   * @param boot of the machine; empty when it was not told
   * @param up for how many seconds it has been up
   */
  public record Seen(boolean there, String text, Instant now, String boot, long up) {

    /** The lease, if there is a file and it can be understood. */
    public Optional<Lease> lease() {
      return there ? parse(text) : Optional.empty();
    }

    /** A file that is no lease may be anybody's: it is not the same as none. */
    public boolean unreadable() {
      return there && lease().isEmpty();
    }

    /** Whether it has run out, so that anybody may take it. */
    public boolean expired() {
      return lease().map(this::lapsed).orElse(false);
    }

    private boolean lapsed(Lease lease) {
      if (lease.boot.isEmpty() || boot.isEmpty()) {
        return lease.until.isBefore(now);
      }
      return (lease.boot.equals(boot) ? lease.ends : lease.lasts) < up;
    }
  }

  /** Reads what a lease file says; as strict as the script that takes one. */
  static Optional<Lease> parse(String text) {
    Map<String, String> values = new HashMap<>();
    text.lines()
        .map(line -> line.strip().split(" ", 2))
        .filter(words -> words.length == 2)
        .forEach(words -> values.put(words[0], words[1].strip()));
    Optional<Long> incarnation = number(values.get("incarnation"));
    Optional<Long> run = number(values.get("run"));
    Optional<Long> since = number(values.get("since"));
    Optional<Long> until = number(values.get("until"));
    String boot = values.getOrDefault("boot", "");
    Optional<Long> lasts = boot.isEmpty() ? Optional.of(0L) : number(values.get("lasts"));
    Optional<Long> ends = boot.isEmpty() ? Optional.of(0L) : number(values.get("ends"));
    if (incarnation.isEmpty()
        || lasts.isEmpty()
        || ends.isEmpty()
        || run.isEmpty()
        || since.isEmpty()
        || until.isEmpty()
        || !values.containsKey("migration")
        || !values.containsKey("application")) {
      return Optional.empty();
    }
    return Optional.of(
        new Lease(
            new LeaseHolder(
                values.get("migration"),
                values.get("application"),
                incarnation.get(),
                run.get(),
                values.getOrDefault("domain", ""),
                values.getOrDefault("program", "")),
            Instant.ofEpochSecond(since.get()),
            Instant.ofEpochSecond(until.get()),
            boot,
            lasts.get(),
            ends.get()));
  }

  private static Optional<Long> number(String text) {
    return text != null && text.matches("0|[1-9][0-9]{0,17}")
        ? Optional.of(Math.min(Long.parseLong(text), Instant.MAX.getEpochSecond()))
        : Optional.empty();
  }
}
