package io.pryv.migration.security;

import java.util.List;
import java.util.Map;
import org.camunda.bpm.engine.identity.PasswordPolicyRule;
import org.camunda.bpm.engine.impl.cfg.AbstractProcessEnginePlugin;
import org.camunda.bpm.engine.impl.cfg.ProcessEngineConfigurationImpl;
import org.camunda.bpm.engine.impl.digest.PasswordEncryptor;
import org.camunda.bpm.engine.impl.identity.PasswordPolicyLengthRuleImpl;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.stereotype.Component;

/**
 * The engine keeps its users' passwords as bcrypt and takes none that is shorter than 12
 * characters. It locks nobody out: {@link Pace} slows down whoever guesses, and nobody else.
 */
@Component
class SlowHash extends AbstractProcessEnginePlugin implements PasswordEncryptor {

  private static final int SHORTEST = 12;
  private static final String NAME = "bcrypt";

  private final BCryptPasswordEncoder bcrypt = new BCryptPasswordEncoder(10);

  @Override
  public void preInit(ProcessEngineConfigurationImpl engine) {
    engine.setPasswordEncryptor(this);
    // bcrypt brings its own salt, and reads 72 bytes at most.
    engine.setSaltGenerator(() -> "");
    engine.setEnablePasswordPolicy(true);
    engine.setPasswordPolicy(
        () -> List.of(new PasswordPolicyLengthRuleImpl(SHORTEST), new NoLongerThanBcryptReads()));
    engine.setLoginMaxAttempts(Integer.MAX_VALUE);
    engine.setLoginDelayMaxTime(0);
  }

  @Override
  public String encrypt(String password) {
    return bcrypt.encode(password);
  }

  @Override
  public boolean check(String password, String hash) {
    return bcrypt.matches(password, hash);
  }

  @Override
  public String hashAlgorithmName() {
    return NAME;
  }

  /** Whether the engine's database keeps this password in an older, faster form. */
  static boolean isOld(String stored) {
    return !stored.startsWith("{" + NAME + "}");
  }

  private static final class NoLongerThanBcryptReads implements PasswordPolicyRule {

    private static final int LONGEST_BYTES = 72;

    @Override
    public String getPlaceholder() {
      return "PASSWORD_POLICY_LENGTH_MAX";
    }

    @Override
    public Map<String, String> getParameters() {
      return Map.of("maxLength", Integer.toString(LONGEST_BYTES));
    }

    @Override
    public boolean execute(String password) {
      return password.getBytes(java.nio.charset.StandardCharsets.UTF_8).length <= LONGEST_BYTES;
    }
  }
}
