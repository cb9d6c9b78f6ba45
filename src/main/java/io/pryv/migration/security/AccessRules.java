package io.pryv.migration.security;

import jakarta.servlet.DispatcherType;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AuthorizeHttpRequestsConfigurer;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * Which request is let through for whom, by method and path. The first rule that matches decides;
 * what none of them names is refused. A user's authorities are the ids of the groups that he is in.
 */
final class AccessRules {

  private AccessRules() {}

  static void apply(
      AuthorizeHttpRequestsConfigurer<HttpSecurity>.AuthorizationManagerRequestMatcherRegistry
          requests) {
    requests
        // What was let through may be answered by an error page, or by another page in its place.
        .dispatcherTypeMatchers(DispatcherType.ERROR, DispatcherType.FORWARD)
        .permitAll()
        .requestMatchers("/login", "/login.css", "/favicon.ico", "/actuator/health")
        .permitAll()
        .requestMatchers("/", "/logout", "/migrations/**", "/api/**")
        .authenticated();
    for (Surface.Call call : Surface.calls()) {
      requests
          .requestMatchers(matchers(call))
          .hasAnyAuthority(call.who().groups().toArray(String[]::new));
    }
    requests.anyRequest().denyAll();
  }

  /** Camunda's pages end some paths with a slash, and Camunda answers either. */
  private static RequestMatcher[] matchers(Surface.Call call) {
    PathPatternRequestMatcher.Builder paths = PathPatternRequestMatcher.withDefaults();
    RequestMatcher exact = paths.matcher(call.method(), call.path());
    return call.path().endsWith("**")
        ? new RequestMatcher[] {exact}
        : new RequestMatcher[] {exact, paths.matcher(call.method(), call.path() + "/")};
  }
}
