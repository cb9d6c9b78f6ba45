package io.pryv.migration.process;

import static org.camunda.bpm.engine.authorization.Authorization.ANY;
import static org.camunda.bpm.engine.authorization.Authorization.AUTH_TYPE_GRANT;
import static org.camunda.bpm.engine.authorization.Groups.CAMUNDA_ADMIN;
import static org.camunda.bpm.engine.authorization.Permissions.ALL;

import org.camunda.bpm.engine.AuthorizationService;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.authorization.Authorization;
import org.camunda.bpm.engine.authorization.Resource;
import org.camunda.bpm.engine.authorization.Resources;
import org.camunda.bpm.engine.identity.Group;
import org.camunda.bpm.engine.identity.User;
import org.springframework.stereotype.Component;

/** Keeps the operator's account as the configuration says; there is no other. */
@Component
class AdminAccount {

  /** Who may work on a migration's tasks. */
  static final String OPERATORS = "operators";

  private final IdentityService identity;
  private final AuthorizationService authorizations;

  AdminAccount(IdentityService identity, AuthorizationService authorizations) {
    this.identity = identity;
    this.authorizations = authorizations;
  }

  /** Creates or corrects account, groups and permissions; does nothing when all is right. */
  void ensure(AdminProperties admin) {
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
    belongTo(admin.id(), CAMUNDA_ADMIN, "Administrators", "SYSTEM");
    belongTo(admin.id(), OPERATORS, "Operators", "WORKFLOW");
    for (Resource resource : Resources.values()) {
      if (authorizations
              .createAuthorizationQuery()
              .groupIdIn(CAMUNDA_ADMIN)
              .resourceType(resource)
              .resourceId(ANY)
              .count()
          == 0) {
        Authorization everything = authorizations.createNewAuthorization(AUTH_TYPE_GRANT);
        everything.setGroupId(CAMUNDA_ADMIN);
        everything.setResource(resource);
        everything.setResourceId(ANY);
        everything.addPermission(ALL);
        authorizations.saveAuthorization(everything);
      }
    }
  }

  private void belongTo(String user, String groupId, String name, String type) {
    if (identity.createGroupQuery().groupId(groupId).count() == 0) {
      Group group = identity.newGroup(groupId);
      group.setName(name);
      group.setType(type);
      identity.saveGroup(group);
    }
    if (identity.createGroupQuery().groupId(groupId).groupMember(user).count() == 0) {
      identity.createMembership(user, groupId);
    }
  }
}
