package io.pryv.migration.process;

import java.util.List;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.authorization.Groups;
import org.camunda.bpm.engine.identity.User;
import org.springframework.stereotype.Component;

/** Keeps the admin's account as the configuration says; admins make all others. */
@Component
class AdminAccount {

  private final IdentityService identity;
  private final Teams teams;

  AdminAccount(IdentityService identity, Teams teams) {
    this.identity = identity;
    this.teams = teams;
  }

  /** Creates or corrects account, groups and permissions. */
  void ensure(AdminProperties admin) {
    teams.ensure();
    User user = identity.createUserQuery().userId(admin.id()).singleResult();
    if (user == null) {
      user = identity.newUser(admin.id());
      user.setFirstName(admin.id());
      user.setLastName("");
      user.setPassword(admin.password());
      identity.saveUser(user);
    } else if (!identity.checkPassword(admin.id(), admin.password())) {
      user.setPassword(admin.password());
      identity.saveUser(user);
      identity.unlockUser(admin.id());
    }
    for (String group : List.of(Groups.CAMUNDA_ADMIN, Teams.OPERATORS, Teams.APPROVERS)) {
      if (identity.createGroupQuery().groupId(group).groupMember(admin.id()).count() == 0) {
        identity.createMembership(admin.id(), group);
      }
    }
  }
}
