package io.pryv.lab.faults;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks all the time which Redis runs on which machine. */
final class RunIds implements AutoCloseable {

  private static final int PERIOD_MS = 500;
  private static final Pattern RUN_ID = Pattern.compile("run_id:([0-9a-f]+)");

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
      InputStream in = redis.getInputStream();
      byte[] answer = in.readNBytes(800);
      Matcher found = RUN_ID.matcher(new String(answer, StandardCharsets.US_ASCII));
      if (found.find()) {
        machines.put(found.group(1), machine);
      }
    } catch (IOException e) {
      // It does not run now, or not reachably: the next look comes.
    }
  }
}
