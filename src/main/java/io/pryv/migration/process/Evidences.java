package io.pryv.migration.process;

/** Where evidence is found again: in forms and on our pages. */
final class Evidences {

  private Evidences() {}

  /** The process variable that forms show; a step's flag may have the evidence's own name. */
  static String variable(String name) {
    return name + "Evidence";
  }

  /** The page with the whole text. */
  static String page(String migration, String name) {
    return "/migrations/" + migration + "/evidence/" + name;
  }
}
