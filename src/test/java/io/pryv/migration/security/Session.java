package io.pryv.migration.security;

import io.pryv.migration.security.RawHttp.Answer;
import io.pryv.migration.security.RawHttp.Request;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** A browser that is logged in: its cookies, and the token that its pages send along. */
final class Session {

  private static final String TOKEN = "XSRF-TOKEN";

  private final RawHttp http;
  private final Map<String, String> cookies = new LinkedHashMap<>();

  /** A browser that has not logged in. */
  Session(RawHttp http) {
    this.http = http;
  }

  /**
   * Logs in with the form.
   *
   * @return what the form was answered
   */
  Answer logIn(String user, String password) {
    keep(http.request("GET", "/login").send());
    Answer answer =
        keep(
            with(http.request("POST", "/login"))
                .body(
                    "application/x-www-form-urlencoded",
                    "username=%s&password=%s&_csrf=%s"
                        .formatted(encoded(user), encoded(password), encoded(token()))
                        .getBytes(StandardCharsets.UTF_8))
                .send());
    keep(with(http.request("GET", "/migrations")).send());
    return answer;
  }

  /** That request as this browser's pages send it. */
  Request request(String method, String target) {
    return with(http.request(method, target)).header("X-" + TOKEN, token());
  }

  /** That request as another site makes this browser send it: with its cookies, without a token. */
  Request withoutToken(String method, String target) {
    return with(http.request(method, target));
  }

  String cookie() {
    return cookies.entrySet().stream()
        .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
        .collect(Collectors.joining("; "));
  }

  String token() {
    return cookies.getOrDefault(TOKEN, "");
  }

  private Request with(Request request) {
    return cookies.isEmpty() ? request : request.header("Cookie", cookie());
  }

  private Answer keep(Answer answer) {
    for (String set : answer.headers("Set-Cookie")) {
      String[] pair = set.split(";", -1)[0].split("=", 2);
      cookies.put(pair[0], pair[1]);
    }
    return answer;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
