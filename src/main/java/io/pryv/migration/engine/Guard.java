package io.pryv.migration.engine;

import java.util.List;
import org.camunda.bpm.engine.AuthorizationException;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.impl.UserQueryImpl;
import org.camunda.bpm.engine.impl.cmd.AbstractDeleteProcessDefinitionCmd;
import org.camunda.bpm.engine.impl.cmd.AbstractRestartProcessInstanceCmd;
import org.camunda.bpm.engine.impl.cmd.CompleteTaskCmd;
import org.camunda.bpm.engine.impl.cmd.CreateUserQueryCmd;
import org.camunda.bpm.engine.impl.cmd.DeleteDeploymentCmd;
import org.camunda.bpm.engine.impl.cmd.DeleteHistoricTaskInstanceCmd;
import org.camunda.bpm.engine.impl.cmd.DeleteHistoricVariableInstanceCmd;
import org.camunda.bpm.engine.impl.cmd.DeleteHistoricVariableInstancesByProcessInstanceIdCmd;
import org.camunda.bpm.engine.impl.cmd.DeleteProcessDefinitionsByIdsCmd;
import org.camunda.bpm.engine.impl.cmd.DeleteProcessDefinitionsByKeyCmd;
import org.camunda.bpm.engine.impl.cmd.DeleteUserOperationLogEntryCmd;
import org.camunda.bpm.engine.impl.cmd.DeployCmd;
import org.camunda.bpm.engine.impl.cmd.GetDeployedProcessDefinitionCmd;
import org.camunda.bpm.engine.impl.cmd.GetHistoryLevelCmd;
import org.camunda.bpm.engine.impl.cmd.GetProcessApplicationForDeploymentCmd;
import org.camunda.bpm.engine.impl.cmd.ResolveTaskCmd;
import org.camunda.bpm.engine.impl.cmd.StartProcessInstanceAtActivitiesCmd;
import org.camunda.bpm.engine.impl.cmd.UpdateProcessDefinitionHistoryTimeToLiveCmd;
import org.camunda.bpm.engine.impl.cmd.batch.removaltime.SetRemovalTimeToHistoricProcessInstancesCmd;
import org.camunda.bpm.engine.impl.interceptor.Command;
import org.camunda.bpm.engine.impl.interceptor.CommandInterceptor;
import org.camunda.bpm.webapp.impl.security.auth.Authentications;

/** Stands before every command of the engine, whichever way it came. */
final class Guard extends CommandInterceptor {

  /** What takes away the record of a migration while it runs, or parts of it ever. */
  private static final List<Class<?>> AGAINST_THE_RECORD =
      List.of(
          AbstractDeleteProcessDefinitionCmd.class,
          DeleteDeploymentCmd.class,
          DeleteHistoricTaskInstanceCmd.class,
          DeleteHistoricVariableInstanceCmd.class,
          DeleteHistoricVariableInstancesByProcessInstanceIdCmd.class,
          DeleteProcessDefinitionsByIdsCmd.class,
          DeleteProcessDefinitionsByKeyCmd.class,
          DeleteUserOperationLogEntryCmd.class,
          SetRemovalTimeToHistoricProcessInstancesCmd.class,
          UpdateProcessDefinitionHistoryTimeToLiveCmd.class);

  /** What begins a process elsewhere than at its start, past what is checked there. */
  private static final List<Class<?>> PAST_THE_START =
      List.of(StartProcessInstanceAtActivitiesCmd.class, AbstractRestartProcessInstanceCmd.class);

  /** What completes a task with variables of any name, past its form. */
  private static final List<Class<?>> PAST_THE_FORM =
      List.of(CompleteTaskCmd.class, ResolveTaskCmd.class);

  /**
   * What the webapps ask without the rights of whoever is logged in: whether there is an admin,
   * before a page; where a form's application is; whether history is kept, before a comment.
   */
  private static final List<Class<?>> ASKED_BY_THE_WEBAPPS =
      List.of(
          CreateUserQueryCmd.class,
          UserQueryImpl.class,
          GetDeployedProcessDefinitionCmd.class,
          GetProcessApplicationForDeploymentCmd.class,
          GetHistoryLevelCmd.class);

  private final IdentityService identity;

  Guard(IdentityService identity) {
    this.identity = identity;
  }

  @Override
  public <T> T execute(Command<T> command) {
    if (command instanceof DeployCmd && !ThisProgram.deploying()) {
      throw new AuthorizationException(
          "Deployment is refused: the processes of this program come with the program.");
    }
    if (identity.getCurrentAuthentication() == null) {
      if (RequestThreads.serving() && !ThisProgram.acting() && !isAskedByTheWebapps(command)) {
        throw new AuthorizationException(
            "Nobody is logged in: the engine does nothing for a request.");
      }
    } else {
      if (isOne(command, AGAINST_THE_RECORD)) {
        throw new AuthorizationException(
            "This is refused to everybody: what was done is kept until its time to live is over.");
      }
      if (isOne(command, PAST_THE_START)) {
        throw new AuthorizationException(
            "This is refused to everybody: a process begins at its start.");
      }
      if (isOne(command, PAST_THE_FORM)) {
        throw new AuthorizationException(
            "This is refused to everybody: a task is completed by its form.");
      }
    }
    return next.execute(command);
  }

  /** They take off the user who is logged in while they ask, and put him on again. */
  private static boolean isAskedByTheWebapps(Command<?> command) {
    Authentications loggedIn = Authentications.getCurrent();
    return isOne(command, ASKED_BY_THE_WEBAPPS)
        && loggedIn != null
        && !loggedIn.getAuthentications().isEmpty();
  }

  private static boolean isOne(Command<?> command, List<Class<?>> kinds) {
    return kinds.stream().anyMatch(kind -> kind.isInstance(command));
  }
}
