package io.pryv.migration.security;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.apache.coyote.ContinueResponseTiming;
import org.apache.coyote.InputBuffer;
import org.apache.tomcat.util.net.ApplicationBufferHandler;

/**
 * Takes in the body of a request, whatever its kind, before anything else looks at the request: at
 * most 1 MB, within seconds, and of few clients at once. Nothing behind it waits for a client, and
 * most of Tomcat's threads are always free for requests without a body. Connection and headers are
 * Tomcat's own to time out, without a thread.
 */
final class WholeBodies extends ValveBase {

  static final int LARGEST = 1024 * 1024;

  private static final Duration LONGEST = Duration.ofSeconds(10);
  private static final int AT_ONCE = 32;
  private static final int AT_ONCE_PER_ADDRESS = 16;

  private final Map<String, Integer> reading = new HashMap<>();
  private int all;

  WholeBodies() {
    super(true);
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    long length = request.getContentLengthLong();
    if (length == 0 || (length < 0 && request.getHeader("Transfer-Encoding") == null)) {
      getNext().invoke(request, response);
      return;
    }
    if (length > LARGEST) {
      refuse(request, response, HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE);
      return;
    }
    String address = String.valueOf(request.getRemoteAddr());
    boolean waits = !isHere(request, length);
    if (waits && !begins(address)) {
      refuse(request, response, HttpServletResponse.SC_SERVICE_UNAVAILABLE);
      return;
    }
    org.apache.coyote.Request raw = request.getCoyoteRequest();
    InputBuffer client = raw.getInputBuffer();
    try {
      // Who asks first whether to send it is told so, for nothing behind us will.
      response.sendAcknowledgement(ContinueResponseTiming.ALWAYS);
      Whole body = new Whole((int) Math.max(length, 0));
      int refusal = takeIn(request, body);
      if (refusal != 0) {
        refuse(request, response, refusal);
        return;
      }
      raw.setInputBuffer(body);
      getNext().invoke(request, response);
    } finally {
      raw.setInputBuffer(client);
      if (waits) {
        ends(address);
      }
    }
  }

  /**
   * A small body that came right behind its headers keeps nobody waiting, and so waits for nobody.
   */
  private static boolean isHere(Request request, long length) {
    request.getCoyoteRequest().action(ActionCode.AVAILABLE, true);
    return length > 0 && request.getCoyoteRequest().getAvailable() >= length;
  }

  /** Reads all of it; 0, or the status to refuse it with. */
  private static int takeIn(Request request, Whole body) throws IOException {
    long until = System.nanoTime() + LONGEST.toNanos();
    byte[] some = new byte[8192];
    InputStream in = request.createInputStream();
    try {
      for (int read = in.read(some); read >= 0; read = in.read(some)) {
        body.write(some, 0, read);
        if (body.size() > LARGEST) {
          return HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE;
        }
        if (System.nanoTime() > until) {
          return HttpServletResponse.SC_REQUEST_TIMEOUT;
        }
      }
      return 0;
    } catch (IOException tooSlowOrGone) {
      return HttpServletResponse.SC_REQUEST_TIMEOUT;
    }
  }

  /** A body that is here already, in place of the connection that it came from. */
  private static final class Whole extends ByteArrayOutputStream implements InputBuffer {

    private boolean given;

    Whole(int length) {
      super(Math.max(length, 32));
    }

    @Override
    public int doRead(ApplicationBufferHandler reader) {
      if (given || count == 0) {
        return -1;
      }
      given = true;
      reader.setByteBuffer(ByteBuffer.wrap(buf, 0, count));
      return count;
    }

    @Override
    public int available() {
      return given ? 0 : count;
    }
  }

  /** Tells it, and ends the connection without waiting for what else would come. */
  private static void refuse(Request request, Response response, int status) throws IOException {
    response.setHeader("Connection", "close");
    response.setStatus(status);
    response.finishResponse();
    request.getCoyoteRequest().action(ActionCode.DISABLE_SWALLOW_INPUT, null);
  }

  private synchronized boolean begins(String address) {
    int here = reading.getOrDefault(address, 0);
    if (all >= AT_ONCE || here >= AT_ONCE_PER_ADDRESS) {
      return false;
    }
    all++;
    reading.put(address, here + 1);
    return true;
  }

  private synchronized void ends(String address) {
    all--;
    reading.computeIfPresent(address, (any, count) -> count == 1 ? null : count - 1);
  }
}
