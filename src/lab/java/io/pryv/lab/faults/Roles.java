package io.pryv.lab.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Looks all the time whether each machine's Redis follows another one, and keeps each change; one
 * that was restarted in between has changed nothing.
 */
final class Roles implements AutoCloseable, Loss.Elections {

  private static final int PERIOD_MS = 20;
  private static final int PATIENCE_MS = 500;
  private static final String ROLE = "role:";
  private static final String LAST_FIELD = "repl_backlog_histlen:";

  /** A machine's Redis was seen in another role than at the look before. */
  private record Change(Instant at, String machine, String from, String to) {}

  private final List<Change> changes = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  Roles() {
    Lab.ADDRESSES.forEach(
        (machine, address) -> {
          Thread thread = new Thread(() -> lookAgainAndAgain(machine, address), "roles");
          thread.setDaemon(true);
          thread.start();
        });
  }

  /** When a Redis that followed was first seen as a master, after that time. */
  @Override
  public Optional<Instant> elected(String machine, Instant after) {
    return changes.stream()
        .filter(change -> change.machine.equals(machine) && change.at.isAfter(after))
        .filter(change -> change.from.equals("slave") && change.to.equals("master"))
        .map(Change::at)
        .findFirst();
  }

  @Override
  public void close() {
    closed.countDown();
  }

  private void lookAgainAndAgain(String machine, String address) {
    try {
      while (!closed.await(PERIOD_MS, TimeUnit.MILLISECONDS)) {
        lookWhileConnected(machine, address);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void lookWhileConnected(String machine, String address) throws InterruptedException {
    String role = "";
    try (Socket redis = new Socket()) {
      redis.connect(new InetSocketAddress(address, 6379), PATIENCE_MS);
      redis.setSoTimeout(PATIENCE_MS);
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(redis.getInputStream(), StandardCharsets.US_ASCII));
      do {
        redis.getOutputStream().write("INFO replication\r\n".getBytes(StandardCharsets.US_ASCII));
        String now = role(lines);
        if (!now.equals(role)) {
          changes.add(new Change(Instant.now(), machine, role, now));
          role = now;
        }
      } while (!closed.await(PERIOD_MS, TimeUnit.MILLISECONDS));
    } catch (IOException e) {
      // It does not run now, or not reachably: the next look comes.
    }
  }

  private static String role(BufferedReader lines) throws IOException {
    String role = "";
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith(ROLE)) {
        role = line.substring(ROLE.length());
      } else if (line.startsWith(LAST_FIELD) || line.startsWith("-")) {
        break;
      }
    }
    if (role.isEmpty()) {
      throw new IOException("no role");
    }
    return role;
  }
}
