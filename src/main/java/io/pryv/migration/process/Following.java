package io.pryv.migration.process;

/**
 * Who follows whom for days, looked after by {@link StandingWatch}: source follows dest while the
 * name servers are led there, and, once it is the writer again, dest follows source until they are
 * led back.
 */
public enum Following {
  /**
   * Between {@code followDest}, or the switch of a live cut-over, and {@code retireSource}, or a
   * rollback.
   */
  SOURCE("source", "dest"),
  /** Between {@code followSourceBack} and {@code leaveSourceBack}. */
  DEST("dest", "source");

  private final String follower;
  private final String followed;

  Following(String follower, String followed) {
    this.follower = follower;
    this.followed = followed;
  }

  /** Variable that the diagram sets when it begins, and unsets before it is ended. */
  String flag() {
    return follower + "Follows";
  }

  /** Type of the incident that tells of trouble. */
  String incident() {
    return follower + "DoesNotFollow";
  }

  /** Who follows, in words. */
  String follower() {
    return follower;
  }

  /** Whom, in words. */
  String followed() {
    return followed;
  }
}
