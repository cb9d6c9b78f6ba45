package io.pryv.migration.process;

import static org.camunda.bpm.engine.authorization.Authorization.ANY;
import static org.camunda.bpm.engine.authorization.Authorization.AUTH_TYPE_GRANT;
import static org.camunda.bpm.engine.authorization.Permissions.ACCESS;
import static org.camunda.bpm.engine.authorization.Permissions.ALL;
import static org.camunda.bpm.engine.authorization.Permissions.CREATE;
import static org.camunda.bpm.engine.authorization.Permissions.READ;
import static org.camunda.bpm.engine.authorization.ProcessDefinitionPermissions.CREATE_INSTANCE;
import static org.camunda.bpm.engine.authorization.ProcessDefinitionPermissions.READ_HISTORY;
import static org.camunda.bpm.engine.authorization.ProcessDefinitionPermissions.READ_INSTANCE;
import static org.camunda.bpm.engine.authorization.ProcessDefinitionPermissions.READ_TASK;
import static org.camunda.bpm.engine.authorization.ProcessDefinitionPermissions.RETRY_JOB;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.camunda.bpm.engine.AuthorizationService;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.authorization.Authorization;
import org.camunda.bpm.engine.authorization.Groups;
import org.camunda.bpm.engine.authorization.Permission;
import org.camunda.bpm.engine.authorization.Resource;
import org.camunda.bpm.engine.authorization.Resources;
import org.camunda.bpm.engine.identity.Group;
import org.springframework.stereotype.Component;

/**
 * The groups that this program knows, and what the engine lets them do. What a decision takes is
 * asked of {@link Actors} besides.
 */
@Component
class Teams {

  /** Start, rehearse, retry, mend, roll back. */
  static final String OPERATORS = "operators";

  /** Decide at the gate, at the name servers, at the retirement. */
  static final String APPROVERS = "approvers";

  /** Look. */
  static final String VIEWERS = "viewers";

  private static final List<String> PROCESSES = List.of("register-migration", "roll-back");

  private final IdentityService identity;
  private final AuthorizationService authorizations;

  Teams(IdentityService identity, AuthorizationService authorizations) {
    this.identity = identity;
    this.authorizations = authorizations;
  }

  private record Grant(Resource resource, String id, List<Permission> permissions) {

    static Grant of(Resource resource, String id, Permission... permissions) {
      return new Grant(resource, id, List.of(permissions));
    }
  }

  /** Makes groups and their permissions as this version knows them, whatever was there. */
  void ensure() {
    exists(Groups.CAMUNDA_ADMIN, "Administrators", "SYSTEM");
    may(
        Groups.CAMUNDA_ADMIN,
        Arrays.stream(Resources.values()).map(each -> Grant.of(each, ANY, ALL)).toList());
    exists(OPERATORS, "Operators", "WORKFLOW");
    may(
        OPERATORS,
        Stream.concat(
                looking(READ, READ_INSTANCE, READ_TASK, READ_HISTORY, CREATE_INSTANCE, RETRY_JOB)
                    .stream(),
                Stream.of(Grant.of(Resources.PROCESS_INSTANCE, ANY, CREATE)))
            .toList());
    exists(APPROVERS, "Approvers", "WORKFLOW");
    may(APPROVERS, looking(READ, READ_INSTANCE, READ_TASK, READ_HISTORY));
    exists(VIEWERS, "Viewers", "WORKFLOW");
    may(VIEWERS, looking(READ, READ_INSTANCE, READ_TASK, READ_HISTORY));
  }

  /** In Tasklist and Cockpit, with these permissions for our processes. */
  private static List<Grant> looking(Permission... ofProcess) {
    List<Grant> grants = new ArrayList<>();
    for (String application : List.of("tasklist", "cockpit")) {
      grants.add(Grant.of(Resources.APPLICATION, application, ACCESS));
    }
    grants.add(Grant.of(Resources.FILTER, ANY, READ));
    for (String process : PROCESSES) {
      grants.add(Grant.of(Resources.PROCESS_DEFINITION, process, ofProcess));
    }
    return grants;
  }

  private void exists(String id, String name, String type) {
    if (identity.createGroupQuery().groupId(id).count() == 0) {
      Group group = identity.newGroup(id);
      group.setName(name);
      group.setType(type);
      identity.saveGroup(group);
    }
  }

  private void may(String group, List<Grant> grants) {
    for (Grant grant : grants) {
      Authorization found =
          authorizations
              .createAuthorizationQuery()
              .groupIdIn(group)
              .resourceType(grant.resource())
              .resourceId(grant.id())
              .singleResult();
      Authorization wanted =
          found == null ? authorizations.createNewAuthorization(AUTH_TYPE_GRANT) : found;
      wanted.setGroupId(group);
      wanted.setResource(grant.resource());
      wanted.setResourceId(grant.id());
      wanted.setPermissions(grant.permissions().toArray(new Permission[0]));
      authorizations.saveAuthorization(wanted);
    }
  }
}
