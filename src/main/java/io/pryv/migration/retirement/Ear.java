package io.pryv.migration.retirement;

import java.time.Duration;
import java.time.Instant;

/**
 * How far one machine has been listened to; kept between two looks. All times are by the machine's
 * own clock, so that clocks need not agree.
 *
 * @param machine its name
 * @param accessLogId the inode of the access log, or the id of the container that logs
 * @param accessLogOffset bytes read of it
 * @param dnsLogId the id of the dns container
 * @param looked when it was listened to last
 * @param silentSince the last foreign request, or when we began to listen, or when a part of a log
 *     was lost
 * @param last the last foreign request, or what else broke the silence; empty when nothing has
 */
record Ear(
    String machine,
    String accessLogId,
    long accessLogOffset,
    String dnsLogId,
    Instant looked,
    Instant silentSince,
    String last) {

  Duration silence() {
    return Duration.between(silentSince, looked);
  }
}
