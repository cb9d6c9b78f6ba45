package io.pryv.lab.faults;

/** One fault at one step. */
record Cell(Step step, Fault fault) {

  /** In file names, and as the command line has it. */
  String id() {
    return step.id() + "." + fault.id;
  }

  @Override
  public String toString() {
    return step.id() + " × " + fault.id;
  }
}
