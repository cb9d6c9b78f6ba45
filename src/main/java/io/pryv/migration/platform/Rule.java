package io.pryv.migration.platform;

import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What a text of a platform file may look like. Names end up in scripts, in nginx's, ssh's and
 * Redis's files: only characters that mean nothing to any of them pass, whatever is quoted later.
 *
 * @param expected how a message says it
 */
record Rule(String expected, Predicate<String> allows) {

  private static final String LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
  private static final Pattern IPV4 = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");
  private static final Pattern ONLY_DIGITS_AND_DOTS = Pattern.compile("[0-9.]+");
  private static final Pattern DOMAIN = Pattern.compile(LABEL + "(\\." + LABEL + ")+");
  private static final Pattern HOST = Pattern.compile(LABEL + "(\\." + LABEL + ")*");
  private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9._+@=-]+)+");
  private static final Pattern SERVER = Pattern.compile("([0-9.]+)(:([0-9]{1,5}))?");

  static final Rule DOMAIN_NAME =
      new Rule(
          "a domain name such as pryv.example (letters, digits, hyphens, dots)",
          text -> text.length() <= 253 && matches(DOMAIN, text) && !looksLikeAddress(text));
  static final Rule HOST_NAME =
      new Rule(
          "a host name or IPv4 address (letters, digits, hyphens, dots)",
          text ->
              text.length() <= 253
                  && matches(HOST, text)
                  && (!looksLikeAddress(text) || isIpv4(text)));
  static final Rule PUBLIC_ADDRESS =
      new Rule(
          "an IPv4 address by which others reach the machine",
          text -> isIpv4(text) && !text.startsWith("0."));
  static final Rule DNS_SERVER =
      new Rule("an IPv4 address, with :port if it is not 53", Rule::isDnsServer);
  static final Rule USER =
      matching("a user name (letters, digits, . _ -)", "[A-Za-z_][A-Za-z0-9_.-]{0,31}");
  static final Rule ABSOLUTE_PATH =
      new Rule(
          "an absolute path of letters, digits and . _ + @ = - without ..", Rule::isAbsolutePath);
  static final Rule LOCAL_PATH =
      new Rule(
          "a path of letters, digits and . _ + @ = - /, which may begin with ~/",
          text ->
              matches(Pattern.compile("(~/|/)?[A-Za-z0-9._+@=-]+(/[A-Za-z0-9._+@=-]+)*"), text));
  static final Rule FILE_NAME =
      matching("a file name of letters, digits and . _ -", "[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  static final Rule CONTAINER =
      matching("a container name (letters, digits, . _ -)", "[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");
  static final Rule COMPOSE_COMMAND =
      matching("docker-compose or docker compose", "docker-compose|docker compose");
  static final Rule KEY_TYPE = matching("rsa or ed25519", "rsa|ed25519");
  static final Rule STRATEGY = matching("auto, live or cold", "auto|live|cold");
  static final Rule LOCAL_NAME =
      matching("a name below the domain, such as reg", LABEL + "(\\." + LABEL + ")*");

  static boolean isIpv4(String text) {
    return matches(IPV4, text);
  }

  private static boolean looksLikeAddress(String text) {
    return matches(ONLY_DIGITS_AND_DOTS, text);
  }

  private static boolean isDnsServer(String text) {
    var parts = SERVER.matcher(text);
    return parts.matches()
        && isIpv4(parts.group(1))
        && (parts.group(3) == null || isPort(Integer.parseInt(parts.group(3))));
  }

  static boolean isPort(int number) {
    return number >= 1 && number <= 65535;
  }

  private static boolean isAbsolutePath(String text) {
    for (String segment : text.split("/", -1)) {
      if (segment.equals("..") || segment.equals(".")) {
        return false;
      }
    }
    return text.length() <= 1024 && matches(PATH, text);
  }

  private static Rule matching(String expected, String regex) {
    Pattern pattern = Pattern.compile(regex);
    return new Rule(expected, text -> matches(pattern, text));
  }

  private static boolean matches(Pattern pattern, String text) {
    return pattern.matcher(text).matches();
  }
}
