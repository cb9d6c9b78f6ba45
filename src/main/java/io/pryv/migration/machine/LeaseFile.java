package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.time.Instant;

/**
 * The lease of one machine: {@code $HOME/.register-migration/lease}. A record of fixed length,
 * written over the one before in one write, so that a full disk does not keep its holder from
 * acting. Whoever writes it holds the lock that changing commands hold (see {@link Bash}), which
 * makes the check and the action one. Times are the machine's own: no two clocks are compared. Nor
 * does its clock tell whether a lease has run out, since a reboot may set it anywhere: that is told
 * by how long the machine has been up, in the boot in which the lease was written; one of another
 * boot was renewed before this one began. Times of the clock are for people.
 */
public final class LeaseFile {

  /** How long a lease lasts after a change has ended, or after it was renewed. */
  public static final Duration LIFE = Duration.ofMinutes(3);

  /** A script of ours that ends with this was refused, and has printed {@link #MARK} and why. */
  static final int REFUSED = 97;

  /** A first look found a change of ours under way. */
  static final int BUSY = 96;

  static final String MARK = "--lease-- ";

  private static final Duration LONGEST_CHANGE = Duration.ofMinutes(4);
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  /** What was found instead of a lease, when breaking it: see {@link #breakFor}. */
  public static final String UNREADABLE = "unreadable";

  /**
   * Functions over the lease. The shape of a number is checked before it is compared; a leading
   * zero would be octal.
   */
  private static final String FUNCTIONS =
      """
      lease=$HOME/.register-migration/lease
      printf -v now '%(%s)T' -1
      boot= up=
      { read -r boot </proc/sys/kernel/random/boot_id && read -r up _ </proc/uptime; } 2>/dev/null
      up=${up%%.*}
      refuse() { echo "--lease-- $1"; [ ! -f "$lease" ] || head -c 1024 -- "$lease"; exit 97; }
      there() { [ -e "$lease" ] || [ -L "$lease" ]; }
      read_lease() {
        local key value number='^(0|[1-9][0-9]{0,17})$'
        migration= application= incarnation= run= since= until= in_boot= lasts= ends=
        while read -r key value; do
          case $key in
            migration) migration=$value ;;
            application) application=$value ;;
            incarnation) incarnation=$value ;;
            run) run=$value ;;
            since) since=$value ;;
            until) until=$value ;;
            boot) in_boot=$value ;;
            lasts) lasts=$value ;;
            ends) ends=$value ;;
          esac
        done 2>/dev/null <"$lease"
        for value in "$incarnation" "$run" "$since" "$until"; do
          [[ $value =~ $number ]] || return 1
        done
        if [ -n "$in_boot" ]; then
          [[ $lasts =~ $number && $ends =~ $number ]] || return 1
        fi
        [ -n "$migration" ] && [ -n "$application" ]
      }
      lapsed() {
        if [ -z "$in_boot" ] || [ -z "$up" ]; then
          [ "$until" -lt "$now" ]
        elif [ "$in_boot" = "$boot" ]; then
          [ "$ends" -lt "$up" ]
        else
          [ "$lasts" -lt "$up" ]
        fi
      }
      ours() { [ "$migration $application" = "$my_migration $my_application" ]; }
      overtaken() {
        [ "$incarnation" -gt "$my_incarnation" ] ||
          { [ "$incarnation" -eq "$my_incarnation" ] && [ "$run" -gt "$my_run" ]; }
      }
      write_lease() {
        local text
        printf -v text '%s\\nsince %s\\nuntil %s' "$me" "$1" $((now + life))
        [ -z "$up" ] || printf -v text '%s\\nboot %s\\nlasts %s\\nends %s' "$text" "$boot" "$life" $((up + life))
        if [ -f "$lease" ]; then
          printf '%-1023s\\n' "$text" 1<>"$lease" || refuse unwritable
          return
        fi
        umask 077
        mkdir -p -- "${lease%/*}" && printf '%-1023s\\n' "$text" >"$lease.new" &&
          sync -- "$lease.new" && mv -T -- "$lease.new" "$lease" && sync -- "${lease%/*}" ||
          { rm -f -- "$lease.new"; refuse unwritable; }
      }
      """;

  /** Taken unless somebody else's has not run out; an older token is refused for ever. */
  private static final String TAKE =
      """
      if there; then
        read_lease || refuse unreadable
        if ours; then
          ! overtaken || refuse overtaken
        else
          lapsed || refuse held
          since=$now
        fi
      else
        since=$now
      fi
      write_lease "$since"
      """;

  /** Never takes one, so that it may be done where nothing was touched yet. */
  private static final String RENEW =
      """
      if there && read_lease && ours; then
        ! overtaken || refuse overtaken
        write_lease "$since"
      fi
      """;

  private static final String RELEASE =
      """
      if there && read_lease && ours; then
        ! overtaken || refuse overtaken
        rm -f -- "$lease"
      fi
      [ ! -d "${lease%/*}" ] || rmdir --ignore-fail-on-non-empty -- "${lease%/*}"
      """;

  private static final String BREAK =
      """
      found=nobody
      if there; then
        found=unreadable
        ! read_lease || found=$migration
      fi
      [ "$found" = "$expected" ] || refuse "changed $found"
      [ "$found" != unreadable ] || rm -f -- "$lease" || refuse unwritable
      write_lease "$now"
      """;

  private final Shell shell;

  /** The lease of the shell's machine; nothing is done yet. */
  public LeaseFile(Shell shell) {
    this.shell = shell;
  }

  /**
   * For a look at a machine: prints {@code there}, which boot of the machine this is and for how
   * long it has been up, and the file's beginning, if there is one.
   */
  public static final String LOOK =
      """
      lease=$HOME/.register-migration/lease
      if [ -e "$lease" ] || [ -L "$lease" ]; then echo there $(cat /proc/sys/kernel/random/boot_id; sed 's/[. ].*//' /proc/uptime); head -c 1024 -- "$lease" 2>/dev/null; fi
      """;

  /** What {@link #LOOK} has printed. */
  public static Lease.Seen seen(String looked, Instant now) {
    if (!looked.startsWith("there")) {
      return new Lease.Seen(false, "", now, "", 0);
    }
    String[] parts = looked.split("\n", 2);
    String[] words = parts[0].strip().split(" ", 3);
    boolean told = words.length == 3 && words[2].matches("\\d{1,15}");
    return new Lease.Seen(
        true,
        parts.length > 1 ? parts[1].strip() : "",
        now,
        told ? words[1] : "",
        told ? Long.parseLong(words[2]) : 0);
  }

  /** Who holds it; changes nothing. */
  public Lease.Seen look() {
    String looked =
        shell
            .run(
                Command.look("see who holds the machine", "date +%s\n" + LOOK)
                    .within(Duration.ofSeconds(5)))
            .orFail("see that HOME can be read, then look again");
    String[] parts = looked.split("\n", 2);
    return seen(
        parts.length > 1 ? parts[1] : "", Instant.ofEpochSecond(Long.parseLong(parts[0].strip())));
  }

  /**
   * Makes a lease of this holder's migration last, if it has one.
   *
   * @throws LeaseHeld when a later start or step has taken over
   */
  public void renew(LeaseHolder holder) {
    act("make the lease last", holder, RENEW);
  }

  /** Gives up a lease of this holder's migration, if it has one. */
  public void release(LeaseHolder holder) {
    act("give up the lease", holder, RELEASE);
  }

  /**
   * Takes the machine from whoever holds it; that one is refused from then on.
   *
   * @param expected the migration that holds it, as the operator has seen it, or {@link
   *     #UNREADABLE}
   * @throws LeaseHeld when somebody else holds it by now; nothing was changed
   */
  public void breakFor(LeaseHolder holder, String expected) {
    act("break the lease", holder, "expected=" + Quote.sh(expected) + "\n" + BREAK);
  }

  private void act(String purpose, LeaseHolder holder, String action) {
    Command command = Command.change(purpose, guard(holder, LIFE, action)).within(DEADLINE);
    CommandResult result = shell.run(command);
    check(command, holder, result);
    result.orFail("see that HOME can be written, then try again");
  }

  /** What goes before a script that changes something. */
  static String take(LeaseHolder holder, Duration deadline) {
    return guard(holder, LIFE.plus(deadline), TAKE);
  }

  /**
   * What goes before the first look of a step: from here on no step before it acts on the machine,
   * so that what is seen stays true. Ends with {@link #BUSY} while a change is still under way.
   */
  static String settle(LeaseHolder holder) {
    return "if exec 8<\"$HOME\"; then flock -n 8; [ $? -ne 1 ] || exit 96; fi\n"
        + guard(holder, LIFE, RENEW)
        + "exec 8<&-\n";
  }

  /** Waits, for as long as a change may take, until none is under way. */
  static Command awaitEnd(LeaseHolder holder) {
    return Command.look(
            "wait for the end of a change that is under way",
            "if exec 8<\"$HOME\"; then flock -w %d 8; [ $? -ne 1 ] || exit 96; fi\n%s"
                .formatted(LONGEST_CHANGE.toSeconds(), guard(holder, LIFE, RENEW)))
        .within(LONGEST_CHANGE.plusSeconds(10));
  }

  private static String guard(LeaseHolder holder, Duration life, String action) {
    return "(\nme="
        + Quote.sh(holder.lines())
        + "\nmy_migration="
        + Quote.sh(holder.migration())
        + " my_application="
        + Quote.sh(holder.application())
        + " my_incarnation="
        + holder.incarnation()
        + " my_run="
        + holder.run()
        + " life="
        + life.toSeconds()
        + "\n"
        + FUNCTIONS
        + action
        + ") || exit 97\n";
  }

  /**
   * Throws what a refusal means.
   *
   * @throws LeaseHeld when somebody else holds the machine
   * @throws StepFailure when the lease could not be written
   */
  static void check(Command command, LeaseHolder holder, CommandResult result) {
    if (result.exitCode() != REFUSED || !result.output().startsWith(MARK)) {
      return;
    }
    String[] parts = result.output().substring(MARK.length()).split("\n", 2);
    String why = parts[0].strip();
    String file = parts.length > 1 ? parts[1] : "";
    String expected =
        "its lease (~/.register-migration/lease) free, or held by migration "
            + holder.migration()
            + " of this program";
    Lease lease = Lease.parse(file).orElse(null);
    if (why.equals("unwritable")) {
      throw new StepFailure(
          result.machine(),
          command.purpose(),
          "a lease that can be written to ~/.register-migration/lease",
          result.errors().strip() + "; the command was not begun",
          "see that HOME is writable and has space, then retry the step");
    }
    throw new LeaseHeld(
        result.machine(),
        command.purpose(),
        expected,
        found(why, lease, file) + "; the command was not begun",
        next(why, holder, lease, result.machine()),
        lease,
        why.equals("overtaken"));
  }

  private static String found(String why, Lease lease, String file) {
    if (why.startsWith("changed ")) {
      return "by now it is held by " + why.substring("changed ".length());
    }
    if (lease == null) {
      return "no lease that can be understood: \""
          + file.strip().replaceAll("[^ -~]+", " ").replaceFirst("^(.{200}).*", "$1…")
          + "\"";
    }
    return (why.equals("overtaken") ? "overtaken by " : "held by ")
        + lease.holder().described()
        + ", since "
        + lease.since()
        + ", until "
        + lease.until()
        + " by the machine's clock";
  }

  private static String next(String why, LeaseHolder holder, Lease lease, String machine) {
    String breaking =
        "break it knowingly: DELETE /api/migrations/%s/leases/%s?heldBy=%s"
            .formatted(
                holder.migration(),
                machine,
                lease == null ? UNREADABLE : lease.holder().migration());
    if (why.equals("overtaken")) {
      return "nothing, when a later step or start of this program goes on. If this program's"
          + " database was restored from a backup, it is older than the machine: compare both,"
          + " then "
          + breaking;
    }
    if (lease == null) {
      return "see who wrote that file; if nobody else migrates this machine, " + breaking;
    }
    return "wait: the lease of a program that is gone runs out at "
        + lease.until()
        + ", then retry the step. If it is renewed, that program lives: finish its"
        + " migration or roll it back, or end that program. Or "
        + breaking;
  }
}
