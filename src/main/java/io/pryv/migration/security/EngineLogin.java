package io.pryv.migration.security;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.Arrays;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.web.authentication.WebAuthenticationDetails;
import org.springframework.stereotype.Component;

/** Logs in the engine's users by their passwords, for the form and for HTTP Basic. */
@Component
class EngineLogin implements AuthenticationProvider {

  private static final Logger LOG = LoggerFactory.getLogger(EngineLogin.class);
  private static final int LONGEST_PASSWORD = 1000;

  private final Accounts accounts;
  private final Pace pace = new Pace(Clock.systemUTC());
  private final RightPasswords right = new RightPasswords();

  EngineLogin(Accounts accounts) {
    this.accounts = accounts;
  }

  /** Not looked at: too many tries from that address wait already. */
  static final class TooManyTries extends AuthenticationException {

    private static final long serialVersionUID = 1L;

    TooManyTries() {
      super("too many wrong passwords came from this address");
    }
  }

  /**
   * The user with his groups as authorities.
   *
   * @throws BadCredentialsException whatever was wrong, so that nobody learns who is a user here
   * @throws TooManyTries at once, when several tries from that address wait already
   */
  @Override
  public Authentication authenticate(Authentication asked) {
    String password = asked.getCredentials() == null ? "" : asked.getCredentials().toString();
    String address = address(asked);
    if (!pace.await(network(address))) {
      LOG.warn("login from {} not looked at: too many wrong passwords came from there", address);
      throw new TooManyTries();
    }
    Optional<Account> account = accounts.find(asked.getName());
    if (account.isEmpty() || password.isEmpty() || password.length() > LONGEST_PASSWORD) {
      accounts.pretendToLook("no password");
      throw refused(address, account);
    }
    // A program brings its password with every request: what was right once is told quickly.
    if (!right.knows(account.get(), password)) {
      if (!accounts.hasPassword(account.get(), password)) {
        throw refused(address, account);
      }
      account = accounts.find(asked.getName());
      right.remember(account.orElseThrow(), password);
      LOG.info("login of {} from {}", account.get().name(), address);
    }
    return UsernamePasswordAuthenticationToken.authenticated(
        account.get(),
        null,
        AuthorityUtils.createAuthorityList(accounts.groupsOf(account.get().name())));
  }

  @Override
  public boolean supports(Class<?> kind) {
    return UsernamePasswordAuthenticationToken.class.isAssignableFrom(kind);
  }

  /** A name that nobody here has is not logged: it may be a password in the wrong field. */
  private BadCredentialsException refused(String address, Optional<Account> account) {
    pace.wrong(network(address));
    LOG.warn(
        "login of {} from {} refused: user name or password is wrong",
        account.map(Account::name).orElse("an unknown user"),
        address);
    return new BadCredentialsException("user name or password is wrong");
  }

  private static String address(Authentication asked) {
    return asked.getDetails() instanceof WebAuthenticationDetails details
        ? details.getRemoteAddress()
        : "here";
  }

  /** Whoever has one IPv6 address has 2^64 of them. */
  private static String network(String address) {
    try {
      return address.contains(":")
              && InetAddress.getAllByName(address)[0] instanceof Inet6Address six
          ? Arrays.toString(Arrays.copyOf(six.getAddress(), 8))
          : address;
    } catch (UnknownHostException e) {
      return address;
    }
  }
}
