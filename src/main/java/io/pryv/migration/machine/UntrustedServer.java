package io.pryv.migration.machine;

import io.pryv.migration.platform.StepFailure;

/** Whoever answers at a machine's address shows a certificate that is not that machine's. */
public final class UntrustedServer extends StepFailure {

  private static final long serialVersionUID = 1L;

  UntrustedServer(String server, String question, String reason, Throwable cause) {
    super(
        server,
        question,
        "a certificate that the files of nginx on that machine lead to, valid for this name",
        "another: " + reason,
        "nothing was asked of it. See who answers at that address; if it is the machine itself, let"
            + " its nginx read its files (nginx -s reload), since it serves another certificate than"
            + " they hold, and see that the certificate is valid and for that name; then retry",
        cause);
  }
}
