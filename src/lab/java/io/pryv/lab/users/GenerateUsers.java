package io.pryv.lab.users;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes a register's users to standard output, in Redis' protocol: {@code java
 * io.pryv.lab.users.GenerateUsers 20000 | redis-cli --pipe}.
 *
 * <p>The first argument is their number, the second the index of the first one (1 when absent).
 * User names are {@code user000001} and so on. One in {@value #INACTIVE_EVERY} has a former e-mail
 * address, one in {@value #INVITATION_EVERY} an invitation, and one in {@value #ACCESS_EVERY} is
 * being asked for access, which expires. The same arguments always give the same bytes.
 */
public final class GenerateUsers {
  private static final int INACTIVE_EVERY = 1_000;
  private static final int INVITATION_EVERY = 2_000;
  private static final int ACCESS_EVERY = 5_000;
  private static final int ACCESS_SECONDS = 3_600;
  private static final long FIRST_REGISTRATION = 1_392_048_120_000L;
  private static final String DOMAIN = "pryv.lab";
  private static final String CORE = "core1." + DOMAIN;
  private static final String[] LANGUAGES = {"en", "fr", "de", "it"};

  private final OutputStream out;
  private final ByteArrayOutputStream command = new ByteArrayOutputStream(1024);

  private GenerateUsers(OutputStream out) {
    this.out = out;
  }

  public static void main(String[] arguments) throws IOException {
    if (arguments.length < 1 || arguments.length > 2) {
      System.err.println("Usage: GenerateUsers NUMBER [INDEX-OF-THE-FIRST]");
      System.exit(2);
    }
    int number = Integer.parseInt(arguments[0]);
    int first = arguments.length == 2 ? Integer.parseInt(arguments[1]) : 1;
    // System.out would encode and synchronise each of tens of millions of words.
    try (OutputStream out =
        new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 20)) {
      write(number, first, out);
    }
  }

  /** The name of the user with this index, from 1. */
  public static String name(int index) {
    String digits = Integer.toString(index);
    return "user" + "0".repeat(Math.max(0, 6 - digits.length())) + digits;
  }

  /** Writes the commands that create these users. */
  static void write(int number, int first, OutputStream out) throws IOException {
    GenerateUsers users = new GenerateUsers(out);
    for (int index = first; index < first + number; index++) {
      users.writeUser(index);
    }
  }

  private void writeUser(int index) throws IOException {
    String name = name(index);
    String email = name + "@" + DOMAIN;
    send(
        "HMSET",
        name + ":users",
        "username",
        name,
        "email",
        email,
        "language",
        LANGUAGES[index % LANGUAGES.length],
        "invitationToken",
        "enjoy",
        "referer",
        "null",
        "appid",
        "pryv-app-web",
        "id",
        "c" + index,
        "registeredTimestamp",
        Long.toString(FIRST_REGISTRATION + index * 60_000L));
    send("SET", name + ":server", CORE);
    send("SET", email + ":email", name);
    if (index % INACTIVE_EVERY == 0) {
      send("RPUSH", name + ":inactive:email", "old-" + email, "older-" + email);
    }
    if (index % INVITATION_EVERY == 0) {
      send(
          "HMSET",
          "invite" + index + ":invitation",
          "createdAt",
          Long.toString(FIRST_REGISTRATION),
          "createdBy",
          name,
          "description",
          "for a friend");
    }
    if (index % ACCESS_EVERY == 0) {
      send(
          "SETEX",
          "access" + index + ":access",
          Integer.toString(ACCESS_SECONDS),
          "{\"status\":\"NEED_SIGNIN\",\"code\":201,\"requestingAppId\":\"pryv-app-web\"}");
    }
  }

  private void send(String... words) throws IOException {
    command.reset();
    header('*', words.length);
    for (String word : words) {
      byte[] text = word.getBytes(StandardCharsets.UTF_8);
      header('$', text.length);
      command.write(text, 0, text.length);
      command.write('\r');
      command.write('\n');
    }
    command.writeTo(out);
  }

  private void header(char kind, int value) {
    command.write(kind);
    byte[] digits = Integer.toString(value).getBytes(StandardCharsets.US_ASCII);
    command.write(digits, 0, digits.length);
    command.write('\r');
    command.write('\n');
  }
}
