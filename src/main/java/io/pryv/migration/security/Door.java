package io.pryv.migration.security;

import io.pryv.migration.security.EngineLogin.TooManyTries;
import jakarta.servlet.Filter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.camunda.bpm.engine.ProcessEngine;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.security.SecurityProperties;
import org.springframework.boot.autoconfigure.security.oauth2.client.ConditionalOnOAuth2ClientRegistrationProperties;
import org.springframework.boot.autoconfigure.security.oauth2.client.OAuth2ClientProperties;
import org.springframework.boot.autoconfigure.security.oauth2.client.OAuth2ClientPropertiesMapper;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.HeadersConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.SupplierClientRegistrationRepository;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.FilterChainProxy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.authentication.DelegatingAuthenticationEntryPoint;
import org.springframework.security.web.authentication.ExceptionMappingAuthenticationFailureHandler;
import org.springframework.security.web.authentication.HttpStatusEntryPoint;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.authentication.logout.HttpStatusReturningLogoutSuccessHandler;
import org.springframework.security.web.csrf.CookieCsrfTokenRepository;
import org.springframework.security.web.csrf.CsrfTokenRequestAttributeHandler;
import org.springframework.security.web.firewall.HttpFirewall;
import org.springframework.security.web.firewall.StrictHttpFirewall;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.security.web.savedrequest.CookieRequestCache;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.AndRequestMatcher;
import org.springframework.security.web.util.matcher.MediaTypeRequestMatcher;
import org.springframework.security.web.util.matcher.NegatedRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * The door in front of everything: a form and one session for people, HTTP Basic for programs. Both
 * ask {@link EngineLogin}; what either reaches stands in {@link AccessRules}.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({DoorProperties.class, OAuth2ClientProperties.class})
class Door {

  private static final RequestMatcher FOR_PROGRAMS = paths("/api/**", "/engine-rest/**");
  private static final RequestMatcher FOR_WEBAPPS = paths("/camunda/api/**");
  private static final RequestMatcher A_PAGE = page();

  private final ProcessEngine engine;
  private final Accounts accounts;
  private final Refusals refusals;

  Door(ProcessEngine engine, Accounts accounts, DoorProperties door) {
    this.refusals = new Refusals(door);
    this.engine = engine;
    this.accounts = accounts;
  }

  /** Bodies are in before anything asks who sent them. */
  @Bean
  static WebServerFactoryCustomizer<TomcatServletWebServerFactory> wholeBodies() {
    return tomcat -> tomcat.addEngineValves(new WholeBodies());
  }

  /**
   * Refuses what is spelled to be read one way here and another way there, before anything else
   * looks at the path: Spring's own parsing of it, too, fails on some of that.
   */
  @Bean
  FilterRegistrationBean<FilterChainProxy> spelling(HttpFirewall firewall) {
    FilterChainProxy strict = new FilterChainProxy(List.of());
    strict.setFirewall(firewall);
    strict.setRequestRejectedHandler(refusals);
    FilterRegistrationBean<FilterChainProxy> first = new FilterRegistrationBean<>(strict);
    first.setName("spelling");
    first.setOrder(SecurityProperties.DEFAULT_FILTER_ORDER - 1);
    return first;
  }

  @Bean
  static HttpFirewall firewall(DoorProperties door) {
    StrictHttpFirewall firewall = new StrictHttpFirewall();
    firewall.setAllowedHostnames(door::answersTo);
    return firewall;
  }

  /** What another site's page sends is not looked at any further. */
  @Bean
  @Order(0)
  SecurityFilterChain otherSites(HttpSecurity http) throws Exception {
    return common(http.securityMatcher(new CrossSite()))
        .authorizeHttpRequests(requests -> requests.anyRequest().denyAll())
        .exceptionHandling(
            refused ->
                refused.authenticationEntryPoint(
                    (request, response, nobody) -> refusals.anotherSite(request, response)))
        .csrf(csrf -> csrf.disable())
        .sessionManagement(
            session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        .build();
  }

  /** What brings a password with it gets no session and looks at none. */
  @Bean
  @Order(1)
  SecurityFilterChain programs(HttpSecurity http) throws Exception {
    return common(
            http.securityMatcher(
                new AndRequestMatcher(
                    FOR_PROGRAMS, request -> request.getHeader("Authorization") != null)))
        .addFilterBefore(new EngineUser(engine, accounts), AuthorizationFilter.class)
        .authorizeHttpRequests(AccessRules::apply)
        .httpBasic(basic -> basic.authenticationEntryPoint(passwordAsked()))
        .sessionManagement(
            session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        .csrf(csrf -> csrf.disable())
        .logout(logout -> logout.disable())
        .build();
  }

  /** Our pages, Tasklist and Cockpit: one session, with a token against cross-site requests. */
  @Bean
  @Order(2)
  SecurityFilterChain people(
      HttpSecurity http,
      ObjectProvider<ClientRegistrationRepository> providers,
      DoorProperties door)
      throws Exception {
    // The webapps send this cookie back as this header by themselves.
    CookieCsrfTokenRepository tokens = CookieCsrfTokenRepository.withHttpOnlyFalse();
    tokens.setCookieCustomizer(cookie -> cookie.sameSite("Lax"));
    CsrfTokenRequestAttributeHandler eager = new CsrfTokenRequestAttributeHandler();
    eager.setCsrfRequestAttributeName(null);
    // What was asked for before the login: a visitor who does not log in costs no session.
    CookieRequestCache asked = new CookieRequestCache();
    asked.setRequestMatcher(A_PAGE);
    asked.setCookieCustomizer(cookie -> cookie.setAttribute("SameSite", "Lax"));
    ExceptionMappingAuthenticationFailureHandler failure =
        new ExceptionMappingAuthenticationFailureHandler();
    failure.setDefaultFailureUrl("/login?error");
    failure.setExceptionMappings(Map.of(TooManyTries.class.getName(), "/login?later"));
    PathPatternRequestMatcher.Builder paths = PathPatternRequestMatcher.withDefaults();
    RequestMatcher webappsLogout =
        paths.matcher(HttpMethod.POST, "/camunda/api/admin/auth/user/*/logout");
    if (providers.getIfAvailable() != null) {
      http.oauth2Login(
          oidc ->
              oidc.loginPage("/login")
                  .defaultSuccessUrl("/migrations")
                  .failureUrl("/login?provider")
                  .userInfoEndpoint(
                      user -> user.oidcUserService(new ProviderUsers(accounts, door))));
    }
    return common(http)
        .addFilterBefore(new EngineUser(engine, accounts), AuthorizationFilter.class)
        .authorizeHttpRequests(AccessRules::apply)
        .formLogin(
            form ->
                form.loginPage("/login")
                    .defaultSuccessUrl("/migrations")
                    .failureHandler(failure)
                    .permitAll())
        .logout(
            logout ->
                logout
                    .logoutRequestMatcher(
                        new OrRequestMatcher(
                            paths.matcher(HttpMethod.POST, "/logout"), webappsLogout))
                    .defaultLogoutSuccessHandlerFor(
                        new HttpStatusReturningLogoutSuccessHandler(HttpStatus.NO_CONTENT),
                        webappsLogout)
                    .permitAll())
        .exceptionHandling(refused -> refused.authenticationEntryPoint(entry()))
        .requestCache(cache -> cache.requestCache(asked))
        .csrf(csrf -> csrf.csrfTokenRepository(tokens).csrfTokenRequestHandler(eager))
        .build();
  }

  /**
   * A provider is asked for its addresses at the first login, so that none keeps us from starting.
   */
  @Bean
  @ConditionalOnOAuth2ClientRegistrationProperties
  static ClientRegistrationRepository providers(OAuth2ClientProperties clients) {
    return new SupplierClientRegistrationRepository(
        () ->
            new InMemoryClientRegistrationRepository(
                new OAuth2ClientPropertiesMapper(clients).asClientRegistrations()));
  }

  /** Camunda leaves out its own filter where one of its name is there: {@link EngineUser} is. */
  @Bean
  static FilterRegistrationBean<Filter> noUserOfTheWebapps() {
    return nothing("Authentication Filter");
  }

  /** Camunda's own tokens would be a second mechanism with the same cookie and header. */
  @Bean
  static FilterRegistrationBean<Filter> noTokensOfTheWebapps() {
    return nothing("CsrfPreventionFilter");
  }

  private static FilterRegistrationBean<Filter> nothing(String name) {
    FilterRegistrationBean<Filter> nothing =
        new FilterRegistrationBean<>(
            (request, response, chain) -> chain.doFilter(request, response));
    nothing.setName(name);
    return nothing;
  }

  /** The headers of every answer; what comes from elsewhere with a policy of its own keeps it. */
  private HttpSecurity common(HttpSecurity http) throws Exception {
    return http.headers(
            headers ->
                headers
                    .contentSecurityPolicy(
                        policy ->
                            policy.policyDirectives(
                                "default-src 'none'; style-src 'self'; img-src 'self';"
                                    + " form-action 'self'; base-uri 'none';"
                                    + " frame-ancestors 'none'"))
                    // In place of what Camunda's REST says, too.
                    .cacheControl(HeadersConfigurer.CacheControlConfig::disable)
                    .addHeaderWriter(
                        (request, response) -> response.setHeader("Cache-Control", "no-store"))
                    .frameOptions(HeadersConfigurer.FrameOptionsConfig::deny)
                    .referrerPolicy(referrer -> referrer.policy(ReferrerPolicy.SAME_ORIGIN))
                    .httpStrictTransportSecurity(tls -> tls.includeSubDomains(false)))
        .exceptionHandling(refused -> refused.accessDeniedHandler(refusals));
  }

  /** A page leads to the login; a program and the webapps are told by the status. */
  private static AuthenticationEntryPoint entry() {
    LinkedHashMap<RequestMatcher, AuthenticationEntryPoint> entries = new LinkedHashMap<>();
    entries.put(FOR_WEBAPPS, new HttpStatusEntryPoint(HttpStatus.UNAUTHORIZED));
    entries.put(
        new AndRequestMatcher(FOR_PROGRAMS, new NegatedRequestMatcher(A_PAGE)), passwordAsked());
    DelegatingAuthenticationEntryPoint entry = new DelegatingAuthenticationEntryPoint(entries);
    entry.setDefaultEntryPoint(new LoginUrlAuthenticationEntryPoint("/login"));
    return entry;
  }

  private static AuthenticationEntryPoint passwordAsked() {
    return (request, response, why) -> {
      if (why instanceof TooManyTries) {
        response.setStatus(HttpStatus.TOO_MANY_REQUESTS.value());
        response.setHeader("Retry-After", "10");
      } else {
        response.setStatus(HttpStatus.UNAUTHORIZED.value());
        response.setHeader(
            "WWW-Authenticate", "Basic realm=\"Register Migration\", charset=\"UTF-8\"");
      }
    };
  }

  private static RequestMatcher page() {
    MediaTypeRequestMatcher html = new MediaTypeRequestMatcher(MediaType.TEXT_HTML);
    html.setIgnoredMediaTypes(Set.of(MediaType.ALL));
    return new AndRequestMatcher(html, request -> request.getMethod().equals("GET"));
  }

  private static RequestMatcher paths(String... patterns) {
    return new OrRequestMatcher(
        Arrays.stream(patterns)
            .map(PathPatternRequestMatcher.withDefaults()::matcher)
            .map(RequestMatcher.class::cast)
            .toList());
  }
}
