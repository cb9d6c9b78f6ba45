package io.pryv.migration.machine;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import net.schmizz.sshj.common.SSHException;
import net.schmizz.sshj.connection.channel.direct.DirectConnection;

/**
 * A direct-tcpip channel as a socket, for clients that want one. A read that times out closes it.
 */
final class ChannelSocket extends Socket {

  private static final ScheduledThreadPoolExecutor WATCH = watch();

  private final DirectConnection channel;
  private final InetSocketAddress remote;
  private final InputStream input;
  private final OutputStream output;
  private volatile int timeoutMs;
  private volatile boolean closed;

  ChannelSocket(DirectConnection channel, String host, int port) {
    this.channel = channel;
    remote = InetSocketAddress.createUnresolved(host, port);
    input = new TimedInput(channel.getInputStream());
    output = new PacedOutput(channel);
  }

  @Override
  public InputStream getInputStream() {
    return input;
  }

  @Override
  public OutputStream getOutputStream() {
    return output;
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    channel.close();
  }

  @Override
  public boolean isConnected() {
    return true;
  }

  @Override
  public boolean isBound() {
    return true;
  }

  @Override
  public boolean isClosed() {
    return closed || !channel.isOpen();
  }

  @Override
  public boolean isInputShutdown() {
    return isClosed();
  }

  @Override
  public boolean isOutputShutdown() {
    return isClosed();
  }

  @Override
  public synchronized void setSoTimeout(int timeout) {
    timeoutMs = timeout;
  }

  @Override
  public synchronized int getSoTimeout() {
    return timeoutMs;
  }

  @Override
  public SocketAddress getRemoteSocketAddress() {
    return remote;
  }

  @Override
  public int getPort() {
    return remote.getPort();
  }

  @Override
  public String toString() {
    return "channel to " + remote;
  }

  private static ScheduledThreadPoolExecutor watch() {
    ScheduledThreadPoolExecutor watch =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread thread = new Thread(work, "channel-timeouts");
              thread.setDaemon(true);
              return thread;
            });
    watch.setRemoveOnCancelPolicy(true);
    return watch;
  }

  /** Channels know no read timeout: a watch closes the channel under a read that takes too long. */
  private final class TimedInput extends FilterInputStream {

    TimedInput(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (length == 0) {
        // sshj would wait for data even so.
        return 0;
      }
      if (timeoutMs == 0 || in.available() > 0) {
        return in.read(buffer, offset, length);
      }
      Expiry expiry = new Expiry();
      ScheduledFuture<?> watched = WATCH.schedule(expiry, timeoutMs, TimeUnit.MILLISECONDS);
      try {
        int n = in.read(buffer, offset, length);
        if (n < 0 && expiry.expired) {
          throw late(null);
        }
        return n;
      } catch (IOException e) {
        throw expiry.expired ? late(e) : e;
      } finally {
        watched.cancel(false);
      }
    }

    private SocketTimeoutException late(IOException cause) {
      SocketTimeoutException late =
          new SocketTimeoutException(
              "nothing read from %s within %d ms".formatted(remote, timeoutMs));
      late.initCause(cause);
      return late;
    }
  }

  private final class Expiry implements Runnable {
    private volatile boolean expired;

    @Override
    public void run() {
      expired = true;
      closed = true;
      // Wakes the reader; the machine is told by the close of whoever owns this socket.
      channel.notifyError(new SSHException("read timed out"));
    }
  }
}
