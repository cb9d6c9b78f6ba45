package io.pryv.migration.engine;

import java.util.Set;
import org.camunda.bpm.engine.impl.cfg.ProcessEngineConfigurationImpl;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitializationDetector;

/**
 * Makes the engine wait for Liquibase, which owns its tables; without this the engine looks for
 * them before they are there (ENGINE-03057). Named in META-INF/spring.factories.
 */
class DatabaseFirst implements DependsOnDatabaseInitializationDetector {

  @Override
  public Set<String> detect(ConfigurableListableBeanFactory beans) {
    return Set.of(beans.getBeanNamesForType(ProcessEngineConfigurationImpl.class, true, false));
  }
}
