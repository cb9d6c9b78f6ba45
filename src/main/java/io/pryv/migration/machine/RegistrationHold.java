package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;
import java.time.Duration;

/**
 * What requests that create a user wait in while the writer changes: a directory of nginx's
 * container, with the file that an nginx without workers is started with, its sockets, and the
 * files that tell where each request goes on. It listens and accepts nothing, so that the kernel
 * keeps what is sent there; its end lets all of it go on. How nginx is led there is nginx's site
 * file's matter.
 */
public final class RegistrationHold {

  /** More than one, since a queue of the kernel may be as short as 128 ({@code somaxconn}). */
  public static final int SOCKETS = 4;

  /** Room for the requests of seconds; each takes two of nginx's connections. */
  private static final int MOST_WAITING = 512;

  /** What is at a core by then is taken to stay there. */
  private static final Duration LONGEST_CREATION = Duration.ofSeconds(3);

  /**
   * In the container: begins to hold, and waits until what was at the register before is answered.
   */
  private static final String BEGIN =
      """
      [ -s "$d/conf" ] || { echo "no $d/conf: it was not laid there, or the container was made anew"; exit 1; }
      rm -f "$d"/[0-9]
      nginx -c "$d/conf" </dev/null >/dev/null 2>&1 &
      tries=100
      until [ "$(grep -c " 00010000 .* $d/[0-9]\\$" /proc/net/unix)" = %1$d ]; do
        [ $((tries -= 1)) -gt 0 ] || { tail -n 1 "$d/error.log"; exit 1; }
        sleep 0.05
      done
      at_register() {
        sed -n 's/^ *[0-9]*: [0-9A-F]*:\\([0-9A-F]*\\) [0-9A-F]*:%2$04X 0[128] .*/\\1/p' /proc/net/tcp /proc/net/tcp6 2>/dev/null
      }
      sleep 0.05
      before=$(at_register)
      tries=%3$d
      while
        left=
        for port in $(at_register); do case " "$before" " in *"$port"*) left=$port ;; esac; done
        [ -n "$left" ]
      do
        [ $((tries -= 1)) -gt 0 ] || { let_go; echo "a request has been at the register for %4$d s"; exit 1; }
        sleep 0.05
      done
      : >"$d/fenced"
      """;

  private final Shell shell;
  private final String container;
  private final String directory;

  /** In that container of nginx. */
  public RegistrationHold(Shell shell, String container, String migration) {
    this.shell = shell;
    this.container = container;
    this.directory = directory(migration);
  }

  /**
   * A failure that must not keep a rollback from going back.
   *
   * @return what failed
   * @throws StepFailure the same, when the machine was not reached or is another's: a rerun may do
   *     better
   */
  public static String goneWithout(StepFailure failure) {
    if (failure instanceof ConnectionLost || failure instanceof LeaseHeld) {
      throw failure;
    }
    return failure.getMessage();
  }

  /** Where it lies in the container. */
  public static String directory(String migration) {
    return "/tmp/register-migration-" + migration + ".hold";
  }

  /**
   * How many requests each socket may keep.
   *
   * @param connections that nginx may have open in all; a quarter of them may stand for requests
   *     that wait, so that half is left for all others
   */
  public static int queue(int connections) {
    return Math.max(1, Math.min(MOST_WAITING, connections / 4) / SOCKETS);
  }

  /** Whether this lies there, and nginx works by a file that leads to it. */
  public boolean ready(String configuration) {
    return run(Command.look(
            "see whether registrations can wait in nginx's container",
            inContainer("[ ! -e \"$d/ready\" ] || cat \"$d/conf\"")))
        .equals(configuration.strip());
  }

  /** Nginx works by a file that leads to it from now on. */
  public void noteReady() {
    run(
        Command.change(
            "note that registrations can wait in nginx's container",
            inContainer(": >\"$d/ready\"")));
  }

  /** Lays it into the container, anew; nothing waits yet. */
  public void lay(String configuration) {
    remove();
    run(
        Command.change(
                "lay what registrations wait in into nginx's container",
                inContainer("umask 022; mkdir -m 711 \"$d\" && cat >\"$d/conf\""))
            .withInput(configuration));
  }

  /**
   * Lets registrations wait from now on. When it returns none is at a core, and those that wait for
   * too long are refused: this machine's Redis may be fenced.
   *
   * @param registerPort at which nginx reaches the register
   * @throws StepFailure when a request stays at the register; then nothing waits any more
   */
  public void begin(int registerPort) {
    if (there("fenced")) {
      return;
    }
    run(
        Command.change(
                "let registrations wait in nginx, and those end that are at a core",
                inContainer(
                    BEGIN.formatted(
                        SOCKETS,
                        registerPort,
                        LONGEST_CREATION.toMillis() / 50,
                        LONGEST_CREATION.toSeconds())))
            .within(Duration.ofSeconds(30)));
  }

  /**
   * What waits is led to the other machine, which is the writer now, and so is all that comes to
   * nginx by the file that let it wait.
   */
  public void leadToNewWriter() {
    run(
        Command.change(
            "let the registrations that wait go on to the new writer",
            inContainer("[ ! -d \"$d\" ] || : >\"$d/moved\"; let_go")));
  }

  /** Whether what waits was led to the new writer, or nothing can wait any more. */
  public boolean leadsToNewWriter() {
    return !there("") || there("moved");
  }

  /** What waits is led to the register of this machine, which takes writes again. */
  public void leadToOldWriter() {
    run(
        Command.change(
            "let the registrations that wait go on to this machine's register",
            inContainer("rm -f \"$d/fenced\"; let_go")));
  }

  /** Whether it lies there. */
  public boolean laid() {
    return !run(Command.look(
            "see whether registrations can wait in nginx's container",
            inContainer("[ ! -d \"$d\" ] || echo laid") + " 2>/dev/null || true"))
        .isEmpty();
  }

  /**
   * Lets go on what waits, by this machine's register, and takes it away.
   *
   * @return whether it was there
   */
  public boolean remove() {
    if (!there("")) {
      return false;
    }
    run(Command.change("let registrations wait no more", inContainer("let_go; rm -rf \"$d\"")));
    return true;
  }

  private boolean there(String file) {
    return !run(Command.look(
            "see how registrations wait in nginx's container",
            inContainer("[ ! -e \"$d/" + file + "\" ] || echo there")))
        .isEmpty();
  }

  private String run(Command command) {
    return shell
        .run(command)
        .orFail("see that the proxy's container runs and can write its /tmp, then retry");
  }

  private String inContainer(String script) {
    return "docker exec -i %s sh -c %s"
        .formatted(
            Quote.sh(container),
            Quote.sh(
                "d="
                    + directory
                    + "\nlet_go() { [ ! -s \"$d/pid\" ] || kill -9 \"$(cat \"$d/pid\")\" 2>/dev/null; rm -f \"$d/pid\" \"$d\"/[0-9]; }\n"
                    + script));
  }
}
