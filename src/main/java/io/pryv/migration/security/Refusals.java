package io.pryv.migration.security;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.security.web.access.AccessDeniedHandlerImpl;
import org.springframework.security.web.firewall.HttpStatusRequestRejectedHandler;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.security.web.firewall.RequestRejectedHandler;

/** Answers what is refused, and notes it: who asked for what, in one line, without a secret. */
final class Refusals implements AccessDeniedHandler, RequestRejectedHandler {

  private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);
  private static final int LONGEST = 200;

  private final DoorProperties door;
  private final AccessDeniedHandler forbidden = new AccessDeniedHandlerImpl();
  private final RequestRejectedHandler malformed = new HttpStatusRequestRejectedHandler();

  Refusals(DoorProperties door) {
    this.door = door;
  }

  /** Refuses what another site's page has sent. */
  void anotherSite(HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    handle(request, response, new AccessDeniedException("another site's page sent it"));
  }

  @Override
  public void handle(
      HttpServletRequest request, HttpServletResponse response, AccessDeniedException refused)
      throws IOException, ServletException {
    note(request, refused.getMessage());
    forbidden.handle(request, response, refused);
  }

  @Override
  public void handle(
      HttpServletRequest request, HttpServletResponse response, RequestRejectedException refused)
      throws IOException, ServletException {
    note(
        request,
        door.answersTo(request.getServerName())
            ? "not a request as this program understands it"
            : "Host is \"" + request.getServerName() + "\", none of migration.door.hosts");
    malformed.handle(request, response, refused);
  }

  private static void note(HttpServletRequest request, String why) {
    Authentication who = SecurityContextHolder.getContext().getAuthentication();
    LOG.warn(
        "refused {} {} of {} from {}: {}",
        oneLine(request.getMethod()),
        oneLine(request.getRequestURI()),
        who == null || who instanceof AnonymousAuthenticationToken ? "nobody" : who.getName(),
        request.getRemoteAddr(),
        oneLine(why));
  }

  /** What a stranger wrote can neither begin a line of the log nor fill it. */
  private static String oneLine(String text) {
    String line = text == null ? "" : text.replaceAll("[^\\x21-\\x7e ]", "?");
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
  }
}
