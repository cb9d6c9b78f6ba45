package io.pryv.migration.engine;

/** Hears of what somebody who is logged in does to the engine himself. */
public interface DeedListener {

  /** He did it; called within the transaction that does. */
  void did(Deed deed);

  /**
   * One of the engine's entries on what users do.
   *
   * @param instance the process instance; null for what is done to all of a process
   * @param entity what kind of thing it was done to, as the engine calls it
   * @param operation what was done, as the engine calls it
   * @param property what of it was changed, or null
   */
  record Deed(
      String process,
      String instance,
      String who,
      String entity,
      String operation,
      String property,
      String before,
      String after) {}
}
