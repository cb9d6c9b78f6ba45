package io.pryv.migration.engine;

import java.util.function.Supplier;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.impl.identity.Authentication;

/**
 * What this program does in its own name, bound to the thread that does it: nobody else's request
 * can say so of itself.
 */
public final class ThisProgram {

  private static final ThreadLocal<Boolean> DEPLOYS = ThreadLocal.withInitial(() -> false);
  private static final ThreadLocal<Boolean> ACTS = ThreadLocal.withInitial(() -> false);

  private ThisProgram() {}

  /** Deploys its own processes, at its start. */
  public static void deploys(Runnable deployment) {
    during(
        DEPLOYS,
        () -> {
          deployment.run();
          return null;
        });
  }

  /**
   * Does on the thread of a request what the program does itself, without the rights of whoever
   * sent it: before it is known who is there, such as whether a password is right, or after it was
   * found that he may.
   */
  public static <T> T acts(IdentityService identity, Supplier<T> work) {
    Authentication who = identity.getCurrentAuthentication();
    identity.clearAuthentication();
    try {
      return during(ACTS, work);
    } finally {
      if (who != null) {
        identity.setAuthentication(who);
      }
    }
  }

  static boolean deploying() {
    return DEPLOYS.get();
  }

  static boolean acting() {
    return ACTS.get();
  }

  private static <T> T during(ThreadLocal<Boolean> mark, Supplier<T> work) {
    boolean before = mark.get();
    mark.set(true);
    try {
      return work.get();
    } finally {
      mark.set(before);
    }
  }
}
