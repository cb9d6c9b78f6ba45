package io.pryv.migration.machine;

/**
 * Root, for what needs it, on a machine where the platform file names another user; as root nothing
 * is different (decision 54). Every script finds {@code as_root COMMAND…} defined, and {@code
 * docker} and {@code docker-compose} as functions where the user may not reach the daemon. HOME
 * stays the user's, so that the notes of a migration are in one place.
 */
public final class AsRoot {

  /** The user for whom nothing is different. */
  private static final String ROOT = "root";

  /**
   * The user can't end what runs as root: that ends itself, before {@link Bash} ends the script.
   */
  static final int EARLIER_SECONDS = 1;

  private static final String OF_ROOT = "as_root() { \"$@\"; }\n";

  private static final String FUNCTIONS =
      """
      if [ "$EUID" = 0 ]; then
        as_root() { "$@"; }
      else
        printf -v as_root_until '%%(%%s)T' -1
        as_root_until=$((as_root_until + %d))
        as_root() {
          local left
          printf -v left '%%(%%s)T' -1
          left=$((as_root_until - left))
          [ "$left" -gt 0 ] || left=1
          sudo -n env LC_ALL=C timeout -k 1 "$left" "$@"
        }
        if [ -z "${DOCKER_HOST:-}" ] && [ ! -w /var/run/docker.sock ]; then
          docker() { as_root docker "$@"; }
          docker-compose() { as_root docker-compose "$@"; }
        fi
      fi
      """;

  /** Succeeds where {@code as_root} works. */
  public static final String POSSIBLE =
      "[ \"$(as_root bash -c 'echo $EUID' 2>/dev/null </dev/null)\" = 0 ]";

  private AsRoot() {}

  /** What goes before each script: the functions. */
  static String functions(long seconds) {
    return FUNCTIONS.formatted(Math.max(1, seconds - Math.min(EARLIER_SECONDS, seconds / 2)));
  }

  /** A script that runs another one as root, whole; it is to be the last of a command. */
  public static String whole(String script) {
    return unless("false", script);
  }

  /**
   * As {@link #whole}, but as the user where a condition holds.
   *
   * @param condition bash; the user suffices where it succeeds
   */
  public static String unless(String condition, String script) {
    return """
        as_root_script=%s
        if [ "$EUID" = 0 ] || %s; then
          eval "$as_root_script"
        else
          as_root env HOME="$HOME" PATH="$PATH" bash -c %s"$as_root_script"
        fi
        """
        .formatted(Quote.sh(script), condition, Quote.sh(OF_ROOT));
  }

  /** As {@link #whole}, for a detached job, which nothing stands before and no deadline ends. */
  public static String job(String script) {
    return """
        as_root_job=%s
        if [ "$EUID" = 0 ]; then eval "$as_root_job"; exit; fi
        exec sudo -n env LC_ALL=C HOME="$HOME" PATH="$PATH" bash -c "$as_root_job"
        """
        .formatted(Quote.sh(OF_ROOT + script));
  }

  /**
   * The forced command of a key, which a machine runs for whoever logs in with it, as that user's
   * login shell understands it.
   *
   * @param user as whom the key logs in
   * @param command without double quotes
   */
  public static String forced(String user, String command) {
    return user.equals(ROOT) ? command : "sudo -n " + command;
  }

  /** As {@link #forced}, of a command that asks for what the key's holder has asked for. */
  public static String forcedAsking(String user, String command) {
    return forced(
        user,
        user.equals(ROOT)
            ? command
            : "env SSH_ORIGINAL_COMMAND=\"$SSH_ORIGINAL_COMMAND\" " + command);
  }
}
