package io.pryv.migration.process;

import java.util.List;

class CrashOnH2Test extends Crashes {

  /** The one that the program brings along, in its data directory. */
  @Override
  List<String> database() {
    return List.of();
  }
}
