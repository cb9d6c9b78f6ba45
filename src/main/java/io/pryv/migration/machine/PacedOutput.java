package io.pryv.migration.machine;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import net.schmizz.sshj.connection.channel.Channel;

/**
 * Writes to a channel no more than the other side has room for. sshj's own stream waits for room
 * while it holds the lock that its reader needs to close the channel: a command that ends without
 * reading its input, or a server that hangs up, would stall the whole connection until its
 * keep-alives fail (seen with 0.40).
 */
final class PacedOutput extends OutputStream {

  private static final int LARGEST_PIECE = 32 << 10;
  private static final long LOOK_AGAIN_MS = 2;

  private final Channel channel;
  private final OutputStream out;

  PacedOutput(Channel channel) {
    this.channel = channel;
    out = channel.getOutputStream();
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    int written = 0;
    while (written < length) {
      int piece = Math.min(Math.min(length - written, LARGEST_PIECE), room());
      out.write(bytes, offset + written, piece);
      out.flush();
      written += piece;
    }
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  private int room() throws IOException {
    while (true) {
      long room = channel.getRemoteWinSize();
      if (room > 0) {
        return (int) Math.min(room, LARGEST_PIECE);
      }
      if (!channel.isOpen()) {
        throw new IOException("the other side closed the channel");
      }
      try {
        TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while waiting for room in the channel");
      }
    }
  }
}
