package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a machine tells, before it is written into a file or a command of another: read as what it
 * is said to be, and written anew from that. A machine that lies can name a wrong address or a
 * wrong key; it can add no option, no second line and no command.
 *
 * @param machine who tells it
 * @param about the command or file that it was told by
 */
public record Told(String machine, String about) {

  private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
  private static final Pattern IPV4 = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:]*");
  private static final Pattern KEY_TYPE =
      Pattern.compile("ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)");
  private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9._+@=-]+)+");
  private static final int LONGEST_SHOWN = 120;

  /** An IPv4 or IPv6 address, and nothing but that. */
  public String address(String text) {
    if (text.length() > 45 || !(matches(IPV4, text) || matches(IPV6, text))) {
      throw refused("an address", text);
    }
    return text;
  }

  /** The {@code src} of an answer of {@code ip route get}. */
  public String routeSource(String route) {
    List<String> words = List.of(route.strip().split("\\s+", -1));
    int src = words.indexOf("src");
    if (src < 0 || src + 1 == words.size()) {
      throw refused("a line with `src ADDRESS`", route);
    }
    return address(words.get(src + 1));
  }

  /**
   * A public key as {@code TYPE BASE64}, without its comment.
   *
   * @param line as ssh-keygen prints it
   */
  public String publicKey(String line) {
    String[] words = line.strip().split("[ \t]+", -1);
    if (line.strip().lines().count() != 1
        || words.length < 2
        || !matches(KEY_TYPE, words[0])
        || !words[0].equals(typeWithin(words[1]))) {
      throw refused("a public key (ssh-ed25519, ecdsa-sha2-nistp… or ssh-rsa)", line);
    }
    return words[0] + " " + words[1];
  }

  /**
   * A whole number that is not negative. In bash, arithmetic on anything else may run a command.
   */
  public long number(String text) {
    if (!text.matches("[0-9]{1,18}")) {
      throw refused("a whole number", text);
    }
    return Long.parseLong(text);
  }

  /** An absolute path that means nothing to sshd, ssh or a shell. */
  public String path(String text) {
    if (text.length() > 1024 || !matches(PATH, text)) {
      throw refused("an absolute path of letters, digits and . _ + @ = -", text);
    }
    return text;
  }

  /** The type that the key itself names (RFC 4253, 6.6); empty when it is none. */
  private static String typeWithin(String base64) {
    try {
      ByteBuffer blob = ByteBuffer.wrap(Base64.getDecoder().decode(base64));
      int length = blob.remaining() < 4 ? -1 : blob.getInt();
      if (length < 0 || length > blob.remaining()) {
        return "";
      }
      byte[] type = new byte[length];
      blob.get(type);
      return new String(type, StandardCharsets.US_ASCII);
    } catch (IllegalArgumentException noBase64) {
      return "";
    }
  }

  private StepFailure refused(String expected, String found) {
    String shown = found.strip().replaceAll("[^ -~]+", " ");
    return new StepFailure(
        machine,
        about,
        expected,
        "\""
            + shown.substring(0, Math.min(LONGEST_SHOWN, shown.length()))
            + "\"; nothing of it was written to another machine",
        "see on the machine why it says so; a machine that was broken into may not be migrated from"
            + " or to. Then retry");
  }

  private static boolean matches(Pattern pattern, String text) {
    return pattern.matcher(text).matches();
  }
}
