package io.pryv.migration.rollback;

import io.pryv.migration.dns.Delegation;
import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.dns.Parents;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;

/** Whether the name servers may lead clients to dest: then it must not go before they lead back. */
final class NamesMoved {

  private NamesMoved() {}

  /**
   * Asks the parent's servers, beside what the operator has said.
   *
   * @param said whether the operator has completed the task that changes the records
   */
  static boolean maybe(boolean said, Platform platform, DnsClient dns) {
    if (said) {
      return true;
    }
    try {
      return Parents.of(platform, dns).stream()
          .map(parent -> Delegation.atParent(dns, parent, platform.domain()))
          .flatMap(delegation -> delegation.addresses().stream())
          .anyMatch(platform.destAddresses()::contains);
    } catch (StepFailure noAnswer) {
      // Nobody has been told to change them.
      return false;
    }
  }
}
