package io.pryv.migration.redis;

/**
 * Keys by kind (field guide, section 1).
 *
 * @param users {@code NAME:users}
 * @param servers {@code NAME:server}
 * @param emails {@code EMAIL:email}
 * @param inactive {@code NAME:inactive:FIELD}
 * @param lasting other keys without expiry ({@code dbversion}, invitations)
 * @param expiring keys with an expiry (access states); they come and go
 */
public record KeyCounts(
    long users, long servers, long emails, long inactive, long lasting, long expiring) {

  /** The fixture user that the register itself writes at its start does not count as one. */
  public boolean holdsUsers() {
    return users > 1;
  }
}
