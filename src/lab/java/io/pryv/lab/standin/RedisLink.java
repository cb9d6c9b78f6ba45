package io.pryv.lab.standin;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One pipelined connection to Redis that behaves as the register's Node client does.
 *
 * <p>It is not Jedis because the traps are in the client: commands wait in a queue while there is
 * no connection; a fresh connection counts as usable only once Redis has loaded its data <em>and
 * its master link is up</em>, so that a replica cut off from its master hangs whoever reconnects; a
 * connection that breaks fails what was in flight and nothing else.
 */
public final class RedisLink implements AutoCloseable {
  private static final int CONNECT_TIMEOUT_MS = 2_000;
  private static final long RETRY_MS = 200;

  private final InetSocketAddress address;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Object lock = new Object();
  private final Deque<Request> offline = new ArrayDeque<>();
  private final Deque<Request> inFlight = new ArrayDeque<>();
  private Socket socket;
  private OutputStream out;

  /** Begins to connect; commands may be sent at once. */
  public RedisLink(String host, int port) {
    address = InetSocketAddress.createUnresolved(host, port);
    Thread thread = new Thread(null, this::run, "redis-" + host + ":" + port, 256 * 1024);
    thread.setDaemon(true);
    thread.start();
  }

  /** What Redis answered, and the {@code run_id} of the Redis at the other end. */
  public record Reply(Object value, String runId) {}

  /** Sends one command; fails with {@link RedisError} or, on a broken connection, IOException. */
  public CompletableFuture<Reply> send(String... command) {
    return submit(new Request(List.of(List.of(command)), new CompletableFuture<>()));
  }

  /** Sends the commands as one MULTI/EXEC and gives EXEC's list, or the first refusal. */
  public CompletableFuture<Reply> multi(List<List<String>> commands) {
    List<List<String>> all = new ArrayList<>();
    all.add(List.of("MULTI"));
    all.addAll(commands);
    all.add(List.of("EXEC"));
    return submit(new Request(all, new CompletableFuture<>()));
  }

  @Override
  public void close() {
    closed.countDown();
    synchronized (lock) {
      closeQuietly(socket);
      offline.forEach(request -> request.reply.completeExceptionally(new IOException("closed")));
      offline.clear();
    }
  }

  private CompletableFuture<Reply> submit(Request request) {
    synchronized (lock) {
      if (closed.getCount() == 0) {
        request.reply.completeExceptionally(new IOException("closed"));
      } else if (out == null) {
        offline.add(request);
      } else {
        write(request);
      }
    }
    return request.reply;
  }

  private void write(Request request) {
    inFlight.add(request);
    try {
      out.write(wire(request.commands));
    } catch (IOException e) {
      // The reading side notices and fails everything in flight.
      closeQuietly(socket);
    }
  }

  private void run() {
    do {
      try (Socket connection = new Socket()) {
        connection.setTcpNoDelay(true);
        connection.connect(
            new InetSocketAddress(address.getHostString(), address.getPort()), CONNECT_TIMEOUT_MS);
        serve(connection);
      } catch (IOException e) {
        failInFlight(e);
      }
    } while (!pause());
    failInFlight(new IOException("closed"));
  }

  private void serve(Socket connection) throws IOException {
    InputStream in = new BufferedInputStream(connection.getInputStream());
    OutputStream wire = connection.getOutputStream();
    synchronized (lock) {
      if (closed.getCount() == 0) {
        return;
      }
      socket = connection;
    }
    String info;
    do {
      wire.write(wire(List.of(List.of("INFO"))));
      info = String.valueOf(read(in));
    } while (!usable(info) && !pause());
    String runId = field(info, "run_id");
    synchronized (lock) {
      out = wire;
      while (!offline.isEmpty()) {
        write(offline.remove());
      }
    }
    while (true) {
      Object first = read(in);
      Request request;
      synchronized (lock) {
        request = inFlight.element();
      }
      Object last = first;
      Object error = first instanceof RedisError ? first : null;
      for (int i = 1; i < request.commands.size(); i++) {
        last = read(in);
        error = error == null && last instanceof RedisError ? last : error;
      }
      synchronized (lock) {
        inFlight.remove();
      }
      if (error == null && request.commands.size() > 1 && last instanceof List<?> results) {
        error = results.stream().filter(RedisError.class::isInstance).findFirst().orElse(null);
      }
      if (error instanceof RedisError refusal) {
        request.reply.completeExceptionally(refusal);
      } else {
        request.reply.complete(new Reply(last, runId));
      }
    }
  }

  private void failInFlight(IOException cause) {
    List<Request> lost;
    synchronized (lock) {
      out = null;
      socket = null;
      lost = List.copyOf(inFlight);
      inFlight.clear();
    }
    lost.forEach(request -> request.reply.completeExceptionally(cause));
  }

  /** Waits before the next attempt; true when there is to be none. */
  private boolean pause() {
    try {
      return closed.await(RETRY_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private static boolean usable(String info) {
    String masterLink = field(info, "master_link_status");
    return "0".equals(field(info, "loading")) && (masterLink == null || masterLink.equals("up"));
  }

  private static String field(String info, String name) {
    for (String line : info.split("\r\n", -1)) {
      if (line.startsWith(name + ":")) {
        return line.substring(name.length() + 1);
      }
    }
    return null;
  }

  private static byte[] wire(List<List<String>> commands) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    for (List<String> command : commands) {
      bytes.writeBytes(ascii("*" + command.size() + "\r\n"));
      for (String word : command) {
        byte[] text = word.getBytes(StandardCharsets.UTF_8);
        bytes.writeBytes(ascii("$" + text.length + "\r\n"));
        bytes.writeBytes(text);
        bytes.writeBytes(ascii("\r\n"));
      }
    }
    return bytes.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static Object read(InputStream in) throws IOException {
    String line = readLine(in);
    String rest = line.substring(1);
    return switch (line.charAt(0)) {
      case '+' -> rest;
      case '-' -> new RedisError(rest);
      case ':' -> Long.valueOf(rest);
      case '$' -> readText(in, Integer.parseInt(rest));
      case '*' -> readList(in, Integer.parseInt(rest));
      default -> throw new IOException("Not a Redis reply: " + line);
    };
  }

  private static String readText(InputStream in, int length) throws IOException {
    if (length < 0) {
      return null;
    }
    byte[] text = in.readNBytes(length + 2);
    if (text.length < length + 2) {
      throw new EOFException("Redis closed the connection");
    }
    return new String(text, 0, length, StandardCharsets.UTF_8);
  }

  private static List<Object> readList(InputStream in, int size) throws IOException {
    if (size < 0) {
      return null;
    }
    List<Object> values = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      values.add(read(in));
    }
    return values;
  }

  private static String readLine(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(64);
    for (int c = in.read(); c != '\r'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("Redis closed the connection");
      }
      line.write(c);
    }
    if (in.read() != '\n' || line.size() == 0) {
      throw new IOException("Not a Redis reply");
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  private static void closeQuietly(Socket socket) {
    if (socket != null) {
      try {
        socket.close();
      } catch (IOException e) {
        // Closing is all that was wanted.
      }
    }
  }

  private record Request(List<List<String>> commands, CompletableFuture<Reply> reply) {}
}
