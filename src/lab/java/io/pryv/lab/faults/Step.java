package io.pryv.lab.faults;

/**
 * A step of the process that works by itself (a service task).
 *
 * @param id the activity's id
 * @param name as operators see it
 * @param part where in the process it stands
 */
record Step(String id, String name, Part part) {

  /** What is at stake in a part of the process. */
  enum Part {
    /** Source serves and is not touched by more than a key. */
    PREPARE("before the cut-over"),
    /** Source is stopped, dest is not elected. */
    WINDOW("cold window"),
    /** Source serves, dest follows it and is elected within milliseconds. */
    SWITCH("live cut-over"),
    /** Dest is elected; clients wait, or are led there by source. */
    AFTER("after the cut-over"),
    /** The name servers lead to dest. */
    MOVED("after the name servers have moved"),
    /** Back from a cold window that failed, or to how all was. */
    BACK("on the way back");

    final String words;

    Part(String words) {
      this.words = words;
    }
  }
}
