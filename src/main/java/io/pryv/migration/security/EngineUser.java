package io.pryv.migration.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.camunda.bpm.engine.AuthorizationService;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.authorization.Permissions;
import org.camunda.bpm.engine.authorization.Resources;
import org.camunda.bpm.webapp.impl.security.auth.AuthenticationUtil;
import org.camunda.bpm.webapp.impl.security.auth.Authentications;
import org.camunda.bpm.webapp.impl.security.auth.UserAuthentication;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Lets the engine and the webapps act as the user whom Spring Security has let in: whatever the
 * path, for this one request, and never longer, with the groups that he is in now. It takes the
 * place of Camunda's own filter, which compares raw paths and lets through as nobody what it does
 * not know.
 */
final class EngineUser extends OncePerRequestFilter {

  private final ProcessEngine engine;
  private final Accounts accounts;

  EngineUser(ProcessEngine engine, Accounts accounts) {
    this.engine = engine;
    this.accounts = accounts;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    IdentityService identity = engine.getIdentityService();
    identity.clearAuthentication();
    Authentications webapps = new Authentications();
    try {
      Authentication who = asOfNow(request);
      if (who != null) {
        List<String> groups =
            who.getAuthorities().stream().map(GrantedAuthority::getAuthority).toList();
        identity.setAuthentication(who.getName(), groups);
        if (request.getServletPath().startsWith("/camunda/")) {
          webapps.addOrReplace(forWebapps(who.getName(), groups));
        }
      }
      Authentications.setCurrent(webapps);
      chain.doFilter(request, response);
    } finally {
      Authentications.clearCurrent();
      identity.clearAuthentication();
    }
  }

  /** As Camunda's own login makes it, but also for whom only an identity provider knows. */
  private UserAuthentication forWebapps(String name, List<String> groups) {
    AuthorizationService authorizations = engine.getAuthorizationService();
    Set<String> apps =
        Stream.of(AuthenticationUtil.APPS)
            .filter(
                app ->
                    authorizations.isUserAuthorized(
                        name, groups, Permissions.ACCESS, Resources.APPLICATION, app))
            .collect(Collectors.toCollection(HashSet::new));
    apps.add(AuthenticationUtil.APP_WELCOME);
    UserAuthentication user = new UserAuthentication(name, engine.getName());
    user.setGroupIds(groups);
    user.setTenantIds(List.of());
    user.setAuthorizedApps(apps);
    return user;
  }

  /** Whoever was let in; a user of the engine as its database knows him now, or not any more. */
  private Authentication asOfNow(HttpServletRequest request) {
    Authentication who = SecurityContextHolder.getContext().getAuthentication();
    if (who == null || !who.isAuthenticated() || who instanceof AnonymousAuthenticationToken) {
      return null;
    }
    if (!(who.getPrincipal() instanceof Account then)) {
      return who;
    }
    if (accounts.find(then.name()).filter(then::equals).isEmpty()) {
      HttpSession session = request.getSession(false);
      if (session != null) {
        session.invalidate();
      }
      SecurityContextHolder.clearContext();
      return null;
    }
    Authentication now =
        UsernamePasswordAuthenticationToken.authenticated(
            then, null, AuthorityUtils.createAuthorityList(accounts.groupsOf(then.name())));
    SecurityContextHolder.setContext(new SecurityContextImpl(now));
    return now;
  }
}
