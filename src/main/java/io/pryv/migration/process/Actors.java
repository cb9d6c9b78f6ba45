package io.pryv.migration.process;

import java.util.List;
import java.util.Set;
import org.camunda.bpm.engine.AuthorizationException;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.authorization.Groups;
import org.camunda.bpm.engine.impl.identity.Authentication;
import org.springframework.stereotype.Component;

/**
 * Who acts, as it was authenticated, and whether he may: by his groups, whatever a task, a variable
 * or a request says. Admins may everything.
 */
@Component
public class Actors {

  private final IdentityService identity;

  Actors(IdentityService identity) {
    this.identity = identity;
  }

  /**
   * The name of whoever acts now.
   *
   * @param what he is about to do, for the refusal
   * @throws AuthorizationException unless he is an operator
   */
  public String operator(String what) {
    return oneOf(Set.of(Teams.OPERATORS), what);
  }

  /**
   * The name of whoever acts now.
   *
   * @param what he is about to do, for the refusal
   * @throws AuthorizationException unless he is an approver
   */
  String approver(String what) {
    return oneOf(Set.of(Teams.APPROVERS), what);
  }

  /**
   * The name of whoever acts now.
   *
   * @param what he is about to do, for the refusal
   * @throws AuthorizationException unless he is an operator or an approver
   */
  String operatorOrApprover(String what) {
    return oneOf(Set.of(Teams.OPERATORS, Teams.APPROVERS), what);
  }

  private String oneOf(Set<String> teams, String what) {
    Authentication who = identity.getCurrentAuthentication();
    if (who == null || who.getUserId() == null) {
      throw new AuthorizationException("Nobody is logged in who could " + what + ".");
    }
    List<String> groups = who.getGroupIds() == null ? List.of() : who.getGroupIds();
    if (groups.stream()
        .noneMatch(group -> group.equals(Groups.CAMUNDA_ADMIN) || teams.contains(group))) {
      throw new AuthorizationException(
          "%s may not %s: that takes a member of %s."
              .formatted(
                  who.getUserId(), what, String.join(" or ", teams.stream().sorted().toList())));
    }
    return who.getUserId();
  }
}
