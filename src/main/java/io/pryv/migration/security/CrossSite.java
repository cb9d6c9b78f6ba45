package io.pryv.migration.security;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Set;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * Matches what another site's page makes a browser send: nothing of that is answered, whether it
 * brings a session, a remembered HTTP Basic password, or nothing. A browser says so itself (Fetch
 * Metadata, W3C; Origin, RFC 6454); a program that is no browser sends neither.
 */
final class CrossSite implements RequestMatcher {

  private static final Set<String> OURS = Set.of("same-origin", "none");
  private static final Set<String> READ = Set.of("GET", "HEAD");

  @Override
  public boolean matches(HttpServletRequest request) {
    if (request.getDispatcherType() != DispatcherType.REQUEST) {
      return false;
    }
    String site = request.getHeader("Sec-Fetch-Site");
    if (site != null && !OURS.contains(site)) {
      return !followedLink(request);
    }
    String origin = request.getHeader("Origin");
    return origin != null && !origin.replaceFirst("^https?://", "").equals(host(request));
  }

  /** A link in a mail or a chat may lead here, and an identity provider leads back here. */
  private static boolean followedLink(HttpServletRequest request) {
    return READ.contains(request.getMethod())
        && "navigate".equals(request.getHeader("Sec-Fetch-Mode"))
        && "document".equals(request.getHeader("Sec-Fetch-Dest"));
  }

  /** As the client addressed us; behind a proxy as that passes it on. */
  private static String host(HttpServletRequest request) {
    int port = request.getServerPort();
    boolean usual = port == (request.isSecure() ? 443 : 80);
    return request.getServerName() + (usual ? "" : ":" + port);
  }
}
