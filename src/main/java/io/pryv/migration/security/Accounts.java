package io.pryv.migration.security;

import io.pryv.migration.engine.ThisProgram;
import java.util.List;
import java.util.Optional;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.identity.Group;
import org.camunda.bpm.engine.impl.cfg.ProcessEngineConfigurationImpl;
import org.camunda.bpm.engine.impl.persistence.entity.UserEntity;
import org.camunda.bpm.engine.impl.util.EncryptionUtil;
import org.springframework.stereotype.Component;

/** The engine's users, as the door sees them: it asks for them before anybody is logged in. */
@Component
class Accounts {

  private final IdentityService identity;
  private final ProcessEngineConfigurationImpl engine;

  Accounts(ProcessEngine engine) {
    this.identity = engine.getIdentityService();
    this.engine = (ProcessEngineConfigurationImpl) engine.getProcessEngineConfiguration();
  }

  /** The account of that name, as it stands in the database now. */
  Optional<Account> find(String name) {
    return user(name).map(user -> new Account(user.getId(), user.getPassword()));
  }

  /** The groups that a user is in now. */
  List<String> groupsOf(String name) {
    return ThisProgram.acts(
        identity,
        () ->
            identity.createGroupQuery().groupMember(name).list().stream()
                .map(Group::getId)
                .toList());
  }

  /**
   * Whether this is the password of that account; takes its time. A right one that is stored in an
   * older form is stored anew.
   */
  boolean hasPassword(Account account, String password) {
    UserEntity user = user(account.name()).orElse(null);
    if (user == null) {
      return false;
    }
    boolean right =
        engine
            .getPasswordManager()
            .check(EncryptionUtil.saltPassword(password, user.getSalt()), user.getPassword());
    if (right && SlowHash.isOld(user.getPassword())) {
      user.setPassword(password);
      ThisProgram.acts(
          identity,
          () -> {
            identity.saveUser(user);
            return null;
          });
    }
    return right;
  }

  /** Takes as long as a real look, so that nobody learns by a clock which names there are. */
  void pretendToLook(String password) {
    engine.getPasswordManager().encrypt(password);
  }

  private Optional<UserEntity> user(String name) {
    return ThisProgram.acts(
        identity,
        () ->
            Optional.ofNullable(
                (UserEntity) identity.createUserQuery().userId(name).singleResult()));
  }
}
