package io.pryv.migration.security;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserRequest;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserService;
import org.springframework.security.oauth2.client.userinfo.OAuth2UserService;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.oidc.user.DefaultOidcUser;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;

/**
 * Lets in whom an OpenID Connect provider vouches for, into the groups that a claim of his is
 * mapped to. Who is in none of them is not let in, and nobody under the name of an account of our
 * own.
 */
final class ProviderUsers implements OAuth2UserService<OidcUserRequest, OidcUser> {

  private static final Logger LOG = LoggerFactory.getLogger(ProviderUsers.class);

  private final OidcUserService users = new OidcUserService();
  private final Accounts accounts;
  private final DoorProperties door;

  ProviderUsers(Accounts accounts, DoorProperties door) {
    this.accounts = accounts;
    this.door = door;
  }

  @Override
  public OidcUser loadUser(OidcUserRequest request) {
    OidcUser user = users.loadUser(request);
    String provider = request.getClientRegistration().getRegistrationId();
    String name = user.getName();
    if (!name.matches("[A-Za-z0-9._@-]{1,64}")) {
      throw refused(provider, "a name of other characters than letters, digits and . _ @ -");
    }
    if (accounts.find(name).isPresent()) {
      throw refused(provider, name + ", who is an account of this program, too");
    }
    List<String> groups = groups(user.getClaim(door.groupsClaim()), door.groups());
    if (groups.isEmpty()) {
      throw refused(provider, name + ", who is in no group of migration.door.groups");
    }
    LOG.info("login of {} by {} as {}", name, provider, groups);
    return new DefaultOidcUser(
        AuthorityUtils.createAuthorityList(groups),
        user.getIdToken(),
        user.getUserInfo(),
        request
            .getClientRegistration()
            .getProviderDetails()
            .getUserInfoEndpoint()
            .getUserNameAttributeName());
  }

  /**
   * Our groups for what a claim says.
   *
   * @param claim a list, a single text, or null
   */
  static List<String> groups(Object claim, Map<String, String> ours) {
    Collection<?> said =
        claim instanceof Collection<?> many ? many : claim == null ? List.of() : List.of(claim);
    return said.stream()
        .map(each -> ours.get(String.valueOf(each)))
        .filter(Objects::nonNull)
        .distinct()
        .sorted()
        .toList();
  }

  private static OAuth2AuthenticationException refused(String provider, String whom) {
    LOG.warn("login by {} refused: it sent {}", provider, whom);
    return new OAuth2AuthenticationException(new OAuth2Error("access_denied"));
  }
}
