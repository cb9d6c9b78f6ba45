package io.pryv.migration.process;

import java.util.List;
import org.camunda.bpm.engine.AuthorizationException;
import org.camunda.bpm.engine.impl.cfg.AbstractProcessEnginePlugin;
import org.camunda.bpm.engine.impl.cfg.ProcessEngineConfigurationImpl;
import org.camunda.bpm.engine.impl.cmd.DeployCmd;
import org.camunda.bpm.engine.impl.context.Context;
import org.camunda.bpm.engine.impl.interceptor.Command;
import org.camunda.bpm.engine.impl.interceptor.CommandInterceptor;
import org.springframework.stereotype.Component;

/**
 * Keeps the engine from running anybody's code but ours. Whoever may deploy a process may run any
 * bean or expression inside this program, which holds keys to the machines: so only this program
 * itself, which acts without a logged-in user, deploys, whichever way a request came in.
 */
@Component
class EngineSecurity extends AbstractProcessEnginePlugin {

  @Override
  public void preInit(ProcessEngineConfigurationImpl engine) {
    engine.setCustomPreCommandInterceptorsTxRequired(List.of(new NoDeploymentByUsers(engine)));
    engine.setScriptEngineResolver(new NoScripts());
    engine.setEnableScriptEngineLoadExternalResources(false);
    // A filter of Tasklist or a query over REST may not carry an expression: it would run in here.
    engine.setEnableExpressionsInStoredQueries(false);
    engine.setEnableExpressionsInAdhocQueries(false);
    engine.setJavaSerializationFormatEnabled(false);
    engine.setEnableFetchScriptEngineFromProcessApplication(false);
    // Only our own lifecycle starts it, once old locks are released and the process is deployed.
    engine.setJobExecutorActivate(false);
  }

  @Override
  public void postInit(ProcessEngineConfigurationImpl engine) {
    engine.getJobExecutor().setAutoActivate(false);
  }

  private static final class NoDeploymentByUsers extends CommandInterceptor {

    private final ProcessEngineConfigurationImpl engine;

    NoDeploymentByUsers(ProcessEngineConfigurationImpl engine) {
      this.engine = engine;
    }

    @Override
    public <T> T execute(Command<T> command) {
      boolean byUser =
          engine.getIdentityService().getCurrentAuthentication() != null
              || (Context.getCommandContext() != null
                  && Context.getCommandContext().getAuthentication() != null);
      if (command instanceof DeployCmd && byUser) {
        throw new AuthorizationException(
            "Deployment is refused: the processes of this program come with the program.");
      }
      return next.execute(command);
    }
  }
}
