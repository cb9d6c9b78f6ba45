package io.pryv.migration.platform;

/**
 * Which way of cutting over somebody wants: the start form's word, if it says one, else the
 * platform file's.
 *
 * @param wanted {@code live}, {@code cold}, or {@code auto}: live where preflight finds it possible
 * @param place where that was chosen: {@code start form} or {@code platform file}
 */
public record StrategyChoice(String wanted, String place) {

  /** The process variable that holds the start form's choice. */
  public static final String VARIABLE = "wantedStrategy";

  /** The start form's default; nothing at all means the same. */
  public static final String AS_PLATFORM_FILE = "asPlatformFile";

  public static final String AUTO = "auto";
  public static final String LIVE = "live";
  public static final String COLD = "cold";

  /**
   * The choice that counts.
   *
   * @param form what the start form, or a program in its place, says; null for nothing
   * @throws StepFailure when that is no choice
   */
  public static StrategyChoice of(Object form, Options options) {
    String said = form == null ? "" : form.toString();
    return switch (said) {
      case "", AS_PLATFORM_FILE -> new StrategyChoice(options.strategy(), "platform file");
      case AUTO, LIVE, COLD -> new StrategyChoice(said, "start form");
      default ->
          throw new StepFailure(
              "this program",
              "start form, " + VARIABLE,
              "one of asPlatformFile, auto, live, cold",
              "\"" + said + "\"",
              "start again with one of them, or without it: then the platform file decides;"
                  + " nothing was touched");
    };
  }

  /** Who decides which it will be: {@code auto}, or the place where live or cold was chosen. */
  public String chosenBy() {
    return wanted.equals(AUTO) ? AUTO : place;
  }
}
