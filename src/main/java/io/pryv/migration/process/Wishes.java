package io.pryv.migration.process;

import java.util.Optional;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;

/**
 * Rollbacks that somebody has asked for, with who and why. They are kept beside the engine, in the
 * transaction that asks: no variable of a request, and none that is edited, speaks for another.
 */
@Repository
class Wishes {

  private final JdbcTemplate database;

  Wishes(JdbcTemplate database) {
    this.database = database;
  }

  /**
   * A wish to roll a migration back.
   *
   * @param who as authenticated, or what of this program
   */
  record Wish(String migration, String who, String reason) {}

  /**
   * Keeps a wish.
   *
   * @param asking id of the process instance that asks: the migration's own, or one of "Roll a
   *     migration back"
   */
  void keep(String asking, Wish wish) {
    database.update("delete from MIGRATION_WISH where ASKING = ?", asking);
    database.update(
        "insert into MIGRATION_WISH (ASKING, MIGRATION, WHO, REASON) values (?, ?, ?, ?)",
        asking,
        wish.migration(),
        wish.who(),
        wish.reason());
  }

  /** What that process instance asks for. */
  Optional<Wish> of(String asking) {
    return database
        .query(
            "select MIGRATION, WHO, REASON from MIGRATION_WISH where ASKING = ?",
            (row, number) ->
                new Wish(row.getString("MIGRATION"), row.getString("WHO"), row.getString("REASON")),
            asking)
        .stream()
        .findFirst();
  }
}
