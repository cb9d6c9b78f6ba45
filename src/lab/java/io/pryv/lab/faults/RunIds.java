package io.pryv.lab.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Looks all the time which Redis runs on which machine. */
final class RunIds implements AutoCloseable {

  private static final int PERIOD_MS = 500;
  private static final String RUN_ID = "run_id:";

  private final Map<String, String> machines = new ConcurrentHashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  RunIds() {
    Lab.ADDRESSES.forEach(
        (machine, address) -> {
          Thread thread = new Thread(() -> lookAgainAndAgain(machine, address), "run-ids");
          thread.setDaemon(true);
          thread.start();
        });
  }

  /** The machine of each {@code run_id} seen so far. */
  Map<String, String> machines() {
    return Map.copyOf(machines);
  }

  @Override
  public void close() {
    closed.countDown();
  }

  private void lookAgainAndAgain(String machine, String address) {
    try {
      while (!closed.await(PERIOD_MS, TimeUnit.MILLISECONDS)) {
        look(machine, address);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(String machine, String address) {
    try (Socket redis = new Socket()) {
      redis.connect(new InetSocketAddress(address, 6379), PERIOD_MS);
      redis.setSoTimeout(PERIOD_MS);
      redis.getOutputStream().write("INFO server\r\n".getBytes(StandardCharsets.US_ASCII));
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(redis.getInputStream(), StandardCharsets.US_ASCII));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(RUN_ID)) {
          machines.put(line.substring(RUN_ID.length()), machine);
          return;
        }
      }
    } catch (IOException e) {
      // It does not run now, or not reachably: the next look comes.
    }
  }
}
