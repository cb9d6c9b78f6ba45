package io.pryv.migration.engine;

import jakarta.servlet.ServletRequestEvent;
import jakarta.servlet.ServletRequestListener;
import org.springframework.stereotype.Component;

/** Knows which threads serve a request; told before any filter, so that no path is left out. */
@Component
class RequestThreads implements ServletRequestListener {

  private static final ThreadLocal<Boolean> SERVING = ThreadLocal.withInitial(() -> false);

  static boolean serving() {
    return SERVING.get();
  }

  @Override
  public void requestInitialized(ServletRequestEvent event) {
    SERVING.set(true);
  }

  @Override
  public void requestDestroyed(ServletRequestEvent event) {
    SERVING.remove();
  }
}
