package io.pryv.migration.platform;

/**
 * One machine of the platform, as the platform file names it.
 *
 * @param role what the machine is in this migration
 * @param name how messages call it: {@code source}, {@code dest}, {@code source-slave}, …
 * @param host name or address by which this program reaches its sshd
 * @param port of its sshd
 * @param user who logs in there
 * @param keyFile path, on the machine this program runs on, of the private key; never its content
 * @param confRoot the platform's PRYV_CONF_ROOT there, absolute
 * @param publicAddress IPv4 address by which clients and the other machines reach it
 * @param layout what the platform file tells of the layout; the rest is detected
 * @param weakAlgorithms whether its sshd may be spoken to in algorithms that are broken
 */
public record Machine(
    Role role,
    String name,
    String host,
    int port,
    String user,
    String keyFile,
    String confRoot,
    String publicAddress,
    LayoutDetails layout,
    boolean weakAlgorithms) {

  /** A machine whose layout is detected, with a modern sshd. */
  public Machine(
      Role role,
      String name,
      String host,
      int port,
      String user,
      String keyFile,
      String confRoot,
      String publicAddress) {
    this(role, name, host, port, user, keyFile, confRoot, publicAddress, LayoutDetails.NONE, false);
  }

  /** A machine with a modern sshd. */
  public Machine(
      Role role,
      String name,
      String host,
      int port,
      String user,
      String keyFile,
      String confRoot,
      String publicAddress,
      LayoutDetails layout) {
    this(role, name, host, port, user, keyFile, confRoot, publicAddress, layout, false);
  }

  /** What a machine is in a migration. */
  public enum Role {
    SOURCE,
    DEST,
    SOURCE_SLAVE,
    DEST_SLAVE
  }
}
