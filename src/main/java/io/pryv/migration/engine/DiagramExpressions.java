package io.pryv.migration.engine;

import java.beans.FeatureDescriptor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import org.camunda.bpm.engine.ProcessEngineException;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.JavaDelegate;
import org.camunda.bpm.engine.delegate.VariableScope;
import org.camunda.bpm.engine.impl.el.JuelExpressionManager;
import org.camunda.bpm.engine.impl.el.VariableScopeElResolver;
import org.camunda.bpm.impl.juel.jakarta.el.CompositeELResolver;
import org.camunda.bpm.impl.juel.jakarta.el.ELContext;
import org.camunda.bpm.impl.juel.jakarta.el.ELException;
import org.camunda.bpm.impl.juel.jakarta.el.ELResolver;
import org.camunda.bpm.impl.juel.jakarta.el.FunctionMapper;
import org.camunda.bpm.impl.juel.jakarta.el.MethodNotFoundException;
import org.springframework.context.ApplicationContext;

/**
 * What an expression may say, wherever it stands: the name of a step of ours, a variable, and a
 * call of a method that is marked {@link CalledFromDiagram}, or of {@code execution.getVariable}
 * and {@code execution.setVariable}. There is no other bean, no property or method of any other
 * object, and no function. What belongs to no execution, such as an expression in a query, is not
 * evaluated at all, whichever switch of the engine it slips past.
 */
final class DiagramExpressions extends JuelExpressionManager {

  private static final Set<String> OF_EXECUTION = Set.of("getVariable", "setVariable");

  private final ApplicationContext application;

  DiagramExpressions(ApplicationContext application) {
    this.application = application;
  }

  @Override
  public ELContext getElContext(VariableScope scope) {
    if (scope == null) {
      throw new ProcessEngineException(
          "Expressions are evaluated in our own processes only, not in queries and filters.");
    }
    return super.getElContext(scope);
  }

  @Override
  protected ELResolver createElResolver() {
    CompositeELResolver resolver = new CompositeELResolver();
    // Beans first: no variable takes the place of a step.
    resolver.add(new OurBeans());
    resolver.add(new VariableScopeElResolver());
    return resolver;
  }

  @Override
  protected FunctionMapper createFunctionMapper() {
    return new FunctionMapper() {
      @Override
      public Method resolveFunction(String prefix, String name) {
        return null;
      }
    };
  }

  static Optional<Method> marked(Class<?> type, String name, int parameters) {
    return Arrays.stream(type.getMethods())
        .filter(method -> method.isAnnotationPresent(CalledFromDiagram.class))
        .filter(method -> method.getName().equals(name))
        .filter(method -> method.getParameterCount() == parameters)
        .findFirst();
  }

  private static Optional<Method> allowed(Object base, String name, int parameters) {
    return base instanceof DelegateExecution && OF_EXECUTION.contains(name)
        ? Arrays.stream(DelegateExecution.class.getMethods())
            .filter(method -> method.getName().equals(name))
            .filter(method -> method.getParameterCount() == parameters)
            .findFirst()
        : marked(base.getClass(), name, parameters);
  }

  private final class OurBeans extends ELResolver {

    @Override
    public Object getValue(ELContext context, Object base, Object property) {
      if (base != null || !ours((String) property)) {
        return null;
      }
      context.setPropertyResolved(true);
      return application.getBean((String) property);
    }

    private boolean ours(String name) {
      if (!application.containsBean(name)) {
        return false;
      }
      Class<?> type = application.getType(name);
      return JavaDelegate.class.isAssignableFrom(type)
          || Arrays.stream(type.getMethods())
              .anyMatch(method -> method.isAnnotationPresent(CalledFromDiagram.class));
    }

    @Override
    public Object invoke(
        ELContext context, Object base, Object name, Class<?>[] types, Object[] parameters) {
      Object[] given = parameters == null ? new Object[0] : parameters;
      Method method =
          allowed(base, String.valueOf(name), given.length)
              .orElseThrow(
                  () ->
                      new MethodNotFoundException(
                          "expressions may not call %s of %s"
                              .formatted(name, base.getClass().getName())));
      context.setPropertyResolved(true);
      try {
        return method.invoke(base, given);
      } catch (InvocationTargetException e) {
        throw new ELException(e.getCause());
      } catch (IllegalAccessException e) {
        throw new ELException(e);
      }
    }

    @Override
    public Class<?> getType(ELContext context, Object base, Object property) {
      return Object.class;
    }

    @Override
    public void setValue(ELContext context, Object base, Object property, Object value) {
      // Nothing of ours is set by an expression.
    }

    @Override
    public boolean isReadOnly(ELContext context, Object base, Object property) {
      return true;
    }

    @Override
    public Iterator<FeatureDescriptor> getFeatureDescriptors(ELContext context, Object base) {
      return Collections.emptyIterator();
    }

    @Override
    public Class<?> getCommonPropertyType(ELContext context, Object base) {
      return Object.class;
    }
  }
}
