package io.pryv.migration.rollback;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.dns.WhereClientsGo;
import io.pryv.migration.platform.Platform;

/**
 * Whether the name servers may lead clients to dest: then it must not go before they lead back.
 * Once the operator has seen the records to change they may, whatever anybody says: resolvers may
 * remember for days what was changed for a minute. The way out is the task that leads the name
 * servers back, where the operator types that nothing was changed.
 */
final class NamesMoved {

  private NamesMoved() {}

  /**
   * Asks parents and resolvers, where the operator has not been told to change anything yet.
   *
   * @param recordsListed whether the records to change were listed for the operator
   */
  static boolean maybe(boolean recordsListed, Platform platform, DnsClient dns) {
    return recordsListed
        || !WhereClientsGo.look(platform, dns).leadingTo(platform.destAddresses()).isEmpty();
  }
}
