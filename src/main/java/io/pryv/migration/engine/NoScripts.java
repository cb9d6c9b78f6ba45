package io.pryv.migration.engine;

import javax.script.ScriptEngine;
import javax.script.ScriptEngineFactory;
import javax.script.ScriptEngineManager;
import org.camunda.bpm.engine.ProcessEngineException;
import org.camunda.bpm.engine.impl.scripting.engine.ScriptEngineResolver;

/** No script language is to be had: our processes use none, and nobody else's are run. */
final class NoScripts implements ScriptEngineResolver {

  @Override
  public void addScriptEngineFactory(ScriptEngineFactory factory) {
    // Whatever the engine would offer stays away.
  }

  @Override
  public ScriptEngineManager getScriptEngineManager() {
    return new ScriptEngineManager(ClassLoader.getPlatformClassLoader());
  }

  @Override
  public ScriptEngine getScriptEngine(String language, boolean cached) {
    throw new ProcessEngineException("Scripts are off: \"" + language + "\" is not run.");
  }
}
