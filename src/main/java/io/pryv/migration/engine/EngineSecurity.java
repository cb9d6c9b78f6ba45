package io.pryv.migration.engine;

import java.util.ArrayList;
import java.util.List;
import org.camunda.bpm.engine.IdentityService;
import org.camunda.bpm.engine.impl.cfg.AbstractProcessEnginePlugin;
import org.camunda.bpm.engine.impl.cfg.ProcessEngineConfigurationImpl;
import org.camunda.bpm.engine.impl.interceptor.CommandInterceptor;
import org.springframework.context.ApplicationContext;
import org.springframework.stereotype.Component;

/**
 * Keeps the engine from running anybody's code but ours. Whoever runs code inside this program has
 * the keys to the machines.
 */
@Component
class EngineSecurity extends AbstractProcessEnginePlugin {

  private final ApplicationContext beans;

  EngineSecurity(ApplicationContext beans) {
    this.beans = beans;
  }

  @Override
  public void preInit(ProcessEngineConfigurationImpl engine) {
    engine.setCustomPreCommandInterceptorsTxRequired(
        guarded(engine.getIdentityService(), engine.getCustomPreCommandInterceptorsTxRequired()));
    engine.setCustomPreCommandInterceptorsTxRequiresNew(
        guarded(
            engine.getIdentityService(), engine.getCustomPreCommandInterceptorsTxRequiresNew()));
    engine.setExpressionManager(new DiagramExpressions(beans));
    engine.setBpmnParseFactory(DiagramVocabulary::new);
    engine.setScriptEngineResolver(new NoScripts());
    engine.setEnableScriptEngineLoadExternalResources(false);
    engine.setEnableFetchScriptEngineFromProcessApplication(false);
    engine.setEnableExpressionsInStoredQueries(false);
    engine.setEnableExpressionsInAdhocQueries(false);
    engine.setJavaSerializationFormatEnabled(false);
    engine.setDeserializationTypeValidationEnabled(true);
    // Decision tables and cases have languages of their own; nobody needs them, nor tasks of his
    // own.
    engine.setDmnEnabled(false);
    engine.setCmmnEnabled(false);
    // An error that nothing catches is refused where it is thrown; else it would end the process as
    // if all were well, and lead on behind a task that nobody has decided.
    engine.setEnableExceptionsAfterUnhandledBpmnError(true);
    engine.setStandaloneTasksEnabled(false);
    // Whoever may work on a task claims and completes it; he gives it to nobody else.
    engine.setDefaultUserPermissionNameForTask("TASK_WORK");
    // Only our own lifecycle starts it, once old locks are released and the process is deployed.
    engine.setJobExecutorActivate(false);
  }

  @Override
  public void postInit(ProcessEngineConfigurationImpl engine) {
    engine.getJobExecutor().setAutoActivate(false);
  }

  /** Before whatever else is there; each chain needs a guard of its own. */
  private static List<CommandInterceptor> guarded(
      IdentityService identity, List<CommandInterceptor> others) {
    List<CommandInterceptor> all = new ArrayList<>(List.of(new Guard(identity)));
    if (others != null) {
      all.addAll(others);
    }
    return all;
  }
}
