package io.pryv.migration.replication;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The connections of a machine's sshd, as {@code ss -tnp} and {@code ps} show them.
 *
 * @param us client address and port of our own connection, {@code address:port}
 * @param sockets established connections of sshd's processes
 * @param titles of sshd's processes, by process id
 */
record SshSessions(String us, List<Connection> sockets, Map<String, String> titles) {

  private static final Pattern PROCESS = Pattern.compile("\\(\"(sshd[^\"]*)\",pid=(\\d+)");

  /** A session without a command has no terminal and no {@code @notty} in its title. */
  private static final Pattern FORWARDING_ONLY = Pattern.compile("sshd(-session)?: [^@\\[\\s]+");

  /** One connection of one process. */
  record Connection(String process, String local, String peer) {}

  /** Reads lines that begin with {@code us} (SSH_CONNECTION), {@code ss} or {@code ps}. */
  static SshSessions parse(String looked) {
    String us = "";
    List<Connection> sockets = new ArrayList<>();
    Map<String, String> titles = new HashMap<>();
    for (String line : looked.lines().toList()) {
      String[] words = line.strip().split("\\s+", -1);
      switch (words[0]) {
        case "us" -> us = words.length > 2 ? words[1] + ":" + words[2] : "";
        case "ss" -> {
          Matcher process = PROCESS.matcher(line);
          while (words.length > 4 && process.find()) {
            sockets.add(new Connection(process.group(2), plain(words[3]), plain(words[4])));
          }
        }
        case "ps" -> titles.put(words[1], line.replaceFirst("^ps\\s+\\d+\\s+", "").strip());
        default -> {
          // An empty line.
        }
      }
    }
    return new SshSessions(us, sockets, titles);
  }

  /**
   * The sessions that are the tunnel's, worded for the operator: those that reach Redis on the
   * loopback, and those from source that only forward.
   */
  List<String> ofTunnel(List<String> sourceAddresses, int redisPort) {
    Map<String, String> found = new LinkedHashMap<>();
    for (Connection socket : sockets) {
      if (socket.peer().equals("127.0.0.1:" + redisPort)) {
        found.put(socket.process(), "process " + socket.process() + " reaches " + socket.peer());
      } else if (!socket.peer().equals(us)
          && sourceAddresses.contains(address(socket.peer()))
          && FORWARDING_ONLY.matcher(titles.getOrDefault(socket.process(), "")).matches()) {
        found.putIfAbsent(
            socket.process(),
            "process %s (%s) from %s"
                .formatted(socket.process(), titles.get(socket.process()), socket.peer()));
      }
    }
    return List.copyOf(found.values());
  }

  private static String address(String peer) {
    return peer.substring(0, peer.lastIndexOf(':'));
  }

  /** IPv4 in IPv6 clothes, as a socket that listens on both shows it. */
  private static String plain(String endpoint) {
    return endpoint.replaceFirst("^\\[::ffff:([0-9.]+)\\]", "$1");
  }
}
