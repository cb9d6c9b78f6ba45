package io.pryv.migration.process;

import java.util.List;
import java.util.Map;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.http.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration;
import org.springframework.boot.autoconfigure.security.oauth2.server.servlet.OAuth2AuthorizationServerAutoConfiguration;
import org.springframework.boot.autoconfigure.security.oauth2.server.servlet.OAuth2AuthorizationServerJwtAutoConfiguration;
import org.springframework.boot.autoconfigure.security.servlet.SecurityAutoConfiguration;
import org.springframework.boot.autoconfigure.security.servlet.SecurityFilterAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.DispatcherServletAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.ServletWebServerFactoryAutoConfiguration;
import org.springframework.boot.autoconfigure.web.servlet.WebMvcAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.server.authorization.token.JwtEncodingContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenCustomizer;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;

/** A real OpenID Connect provider: Spring Authorization Server, with users in groups. */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({
  ServletWebServerFactoryAutoConfiguration.class,
  DispatcherServletAutoConfiguration.class,
  WebMvcAutoConfiguration.class,
  HttpMessageConvertersAutoConfiguration.class,
  JacksonAutoConfiguration.class,
  SecurityAutoConfiguration.class,
  SecurityFilterAutoConfiguration.class,
  OAuth2AuthorizationServerAutoConfiguration.class,
  OAuth2AuthorizationServerJwtAutoConfiguration.class
})
class Provider {

  static final String SECRET = "secret of the client";
  private static final String CLIENT = "spring.security.oauth2.authorizationserver.client.m.";
  private static final Map<String, List<String>> GROUPS =
      Map.of(
          "olga", List.of("it-operations", "camunda-admin"),
          "gustav", List.of("guests"),
          "admin", List.of("it-operations"));

  /** Starts it; whoever comes back is led to that address. */
  static ServletWebServerApplicationContext start(String redirect) {
    return (ServletWebServerApplicationContext)
        new SpringApplicationBuilder(Provider.class)
            .properties("spring.config.name=none", "spring.main.banner-mode=off")
            .run(
                "--server.port=0",
                "--logging.level.root=warn",
                "--" + CLIENT + "registration.client-id=migration",
                "--" + CLIENT + "registration.client-secret={noop}" + SECRET,
                "--" + CLIENT + "registration.client-authentication-methods=client_secret_basic",
                "--" + CLIENT + "registration.authorization-grant-types=authorization_code",
                "--" + CLIENT + "registration.redirect-uris=" + redirect,
                "--" + CLIENT + "registration.scopes=openid");
  }

  /** Each with the password "at the provider". */
  @Bean
  UserDetailsService users() {
    return new InMemoryUserDetailsManager(
        GROUPS.keySet().stream()
            .map(name -> User.withUsername(name).password("{noop}at the provider").build())
            .toList());
  }

  @Bean
  OAuth2TokenCustomizer<JwtEncodingContext> groups() {
    return token -> token.getClaims().claim("groups", GROUPS.get(token.getPrincipal().getName()));
  }
}
