package io.pryv.lab.standin;

/** Redis answered with an error; the message is Redis' own and begins with its code. */
public final class RedisError extends RuntimeException {
  private static final long serialVersionUID = 1;

  RedisError(String message) {
    super(message);
  }
}
