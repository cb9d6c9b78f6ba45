package io.pryv.migration.preflight;

import io.pryv.migration.machine.NginxDirective;
import io.pryv.migration.machine.UnexpectedText;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Headers that nginx sends to every upstream, as far as a proxying location would lose them. */
final class HttpHeaders {

  /** The edit of the site file sets these itself. */
  private static final Set<String> SET_BY_THE_EDIT =
      Set.of("host", "x-real-ip", "x-forwarded-for", "x-forwarded-proto");

  private HttpHeaders() {}

  /** Names of the other headers that {@code nginx.conf} sets at the level of http. */
  static List<String> setForAll(String nginxConf) {
    try {
      return NginxDirective.parse(nginxConf).stream()
          .filter(directive -> directive.name().equals("http"))
          .flatMap(http -> http.children("proxy_set_header").stream())
          .flatMap(header -> header.arguments().stream().limit(1))
          .filter(name -> !SET_BY_THE_EDIT.contains(name.toLowerCase(Locale.ROOT)))
          .toList();
    } catch (UnexpectedText notNginx) {
      return List.of();
    }
  }
}
