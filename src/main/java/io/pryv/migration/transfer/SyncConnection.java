package io.pryv.migration.transfer;

import io.pryv.migration.machine.Quote;
import io.pryv.migration.platform.Machine;

/**
 * How dest's rsync reaches source's data: as bash, with paths relative to dest's HOME. The forced
 * command starts in the data directory. Some of rsync's own rrsync, from 3.4.2 on, refuse {@code /}
 * for it; {@code .} is understood by all.
 */
record SyncConnection(String migration, String user, String address, int port) {

  static SyncConnection between(String migration, Machine source) {
    return new SyncConnection(migration, source.user(), source.publicAddress(), source.port());
  }

  /** Sets {@code migration}, {@code key} and {@code ssh}; ssh never asks and never trusts anew. */
  String variables() {
    return """
        migration=%s
        key="$HOME/.register-migration/$migration/transfer_key"
        ssh="ssh -p %d -i $key -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes"
        ssh="$ssh -o UserKnownHostsFile=${key%%/*}/known_hosts -o GlobalKnownHostsFile=/dev/null"
        ssh="$ssh -o ConnectTimeout=10 -o ServerAliveInterval=10 -o ServerAliveCountMax=3"
        """
        .formatted(Quote.sh(migration), port);
  }

  String userAtHost() {
    return Quote.sh(user + "@" + address);
  }

  String remoteDirectory() {
    return Quote.sh(user + "@" + address + ":.");
  }
}
