package io.pryv.migration.security;

import static org.springframework.web.util.HtmlUtils.htmlEscape;

import java.security.Principal;
import java.util.Map;
import java.util.Objects;
import org.springframework.boot.autoconfigure.security.oauth2.client.OAuth2ClientProperties;
import org.springframework.http.MediaType;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The way in, the only page that a stranger sees, and the way out: plain forms, without script. */
@RestController
class LoginPage {

  private final Map<String, OAuth2ClientProperties.Registration> providers;

  LoginPage(OAuth2ClientProperties clients) {
    this.providers = clients.getRegistration();
  }

  @GetMapping(path = "/login", produces = MediaType.TEXT_HTML_VALUE)
  String enter(
      CsrfToken token,
      @RequestParam(name = "error", required = false) String error,
      @RequestParam(name = "later", required = false) String later,
      @RequestParam(name = "provider", required = false) String provider,
      @RequestParam(name = "logout", required = false) String logout) {
    String said =
        error != null
            ? "<p class=\"error\" role=\"alert\">User name or password is wrong.</p>"
            : later != null
                ? "<p class=\"error\" role=\"alert\">Too many wrong passwords came from your"
                    + " address. Wait half a minute.</p>"
                : provider != null
                    ? "<p class=\"error\" role=\"alert\">You are not let in under that name; the log of"
                        + " this program tells why.</p>"
                    : logout != null ? "<p role=\"status\">You are logged out.</p>" : "";
    return page(
        "Log in",
        said
            + """
              <form method="post" action="/login">
              <label for="username">User name</label>
              <input id="username" name="username" autocomplete="username" autocapitalize="none" required autofocus>
              <label for="password">Password</label>
              <input id="password" name="password" type="password" autocomplete="current-password" required>
              %s
              <button type="submit">Log in</button>
              </form>
              """
                .formatted(hidden(token))
            + links());
  }

  private String links() {
    StringBuilder links = new StringBuilder();
    providers.forEach(
        (id, provider) ->
            links.append(
                "<a class=\"button\" href=\"/oauth2/authorization/%s\">Log in with %s</a>"
                    .formatted(
                        htmlEscape(id),
                        htmlEscape(Objects.requireNonNullElse(provider.getClientName(), id)))));
    return links.toString();
  }

  /** A click more, for a change is never made by a link. */
  @GetMapping(path = "/logout", produces = MediaType.TEXT_HTML_VALUE)
  String leave(CsrfToken token, Principal who) {
    return page(
        "Log out",
        """
        <p>You are logged in as %s.</p>
        <form method="post" action="/logout">
        %s
        <button type="submit" autofocus>Log out</button>
        </form>
        """
            .formatted(htmlEscape(who.getName()), hidden(token)));
  }

  private static String hidden(CsrfToken token) {
    return "<input name=\"%s\" type=\"hidden\" value=\"%s\">"
        .formatted(htmlEscape(token.getParameterName()), htmlEscape(token.getToken()));
  }

  private static String page(String title, String body) {
    return """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>%s · Register Migration</title>
        <link rel="stylesheet" href="/login.css">
        </head>
        <body>
        <main>
        <h1>Register Migration</h1>
        %s
        </main>
        </body>
        </html>
        """
        .formatted(title, body);
  }
}
