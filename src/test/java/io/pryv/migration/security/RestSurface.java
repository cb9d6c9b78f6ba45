package io.pryv.migration.security;

import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Application;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.camunda.bpm.admin.Admin;
import org.camunda.bpm.admin.impl.DefaultAdminRuntimeDelegate;
import org.camunda.bpm.admin.impl.web.AdminApplication;
import org.camunda.bpm.cockpit.Cockpit;
import org.camunda.bpm.cockpit.impl.DefaultCockpitRuntimeDelegate;
import org.camunda.bpm.cockpit.impl.web.CockpitApplication;
import org.camunda.bpm.engine.rest.impl.CamundaRestResources;
import org.camunda.bpm.tasklist.Tasklist;
import org.camunda.bpm.tasklist.impl.DefaultTasklistRuntimeDelegate;
import org.camunda.bpm.tasklist.impl.web.TasklistApplication;
import org.camunda.bpm.webapp.impl.engine.EngineRestApplication;
import org.camunda.bpm.welcome.Welcome;
import org.camunda.bpm.welcome.impl.DefaultWelcomeRuntimeDelegate;
import org.camunda.bpm.welcome.impl.web.WelcomeApplication;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/**
 * Every call that Camunda's jars answer, read from their JAX-RS annotations: what a new version
 * adds is here by itself.
 */
final class RestSurface {

  /** One method on one path, with its variables in braces. */
  record Endpoint(String method, String path) implements Comparable<Endpoint> {

    @Override
    public int compareTo(Endpoint other) {
      return (path + " " + method).compareTo(other.path + " " + other.method);
    }

    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  private final Set<Endpoint> endpoints = new TreeSet<>();
  private final Set<Class<?>> walked = new LinkedHashSet<>();

  /** All of it, where this program serves it. */
  static RestSurface ofCamunda() {
    // They tell which plugins there are; in a program that serves the webapps they are there.
    if (Cockpit.getRuntimeDelegate() == null) {
      Cockpit.setCockpitRuntimeDelegate(new DefaultCockpitRuntimeDelegate());
      Tasklist.setTasklistRuntimeDelegate(new DefaultTasklistRuntimeDelegate());
      Admin.setAdminRuntimeDelegate(new DefaultAdminRuntimeDelegate());
      Welcome.setRuntimeDelegate(new DefaultWelcomeRuntimeDelegate());
    }
    RestSurface surface = new RestSurface();
    CamundaRestResources.getResourceClasses()
        .forEach(resource -> surface.walkRoot("/engine-rest", resource));
    surface.walkAll("/camunda/api/engine", new EngineRestApplication());
    surface.walkAll("/camunda/api/cockpit", new CockpitApplication());
    surface.walkAll("/camunda/api/tasklist", new TasklistApplication());
    surface.walkAll("/camunda/api/admin", new AdminApplication());
    surface.walkAll("/camunda/api/welcome", new WelcomeApplication());
    return surface;
  }

  Set<Endpoint> endpoints() {
    return endpoints;
  }

  /** Classes of the jars that answer calls and that no walk has come to; empty, or we are blind. */
  List<String> forgotten() {
    return Stream.of("org/camunda/bpm")
        .flatMap(RestSurface::classes)
        .filter(RestSurface::answers)
        .filter(type -> walked.stream().noneMatch(type::isAssignableFrom))
        .map(Class::getName)
        .sorted()
        .toList();
  }

  private void walkAll(String prefix, Application application) {
    for (Class<?> type : application.getClasses()) {
      if (path(type).isPresent()) {
        walkRoot(prefix, type);
      }
    }
  }

  private void walkRoot(String prefix, Class<?> root) {
    walk(join(prefix, path(root).orElse("")), root, List.of());
  }

  private void walk(String prefix, Class<?> type, List<Class<?>> above) {
    if (above.contains(type)) {
      return;
    }
    walked.add(type);
    List<Class<?>> chain = Stream.concat(above.stream(), Stream.of(type)).toList();
    for (Method method : type.getMethods()) {
      String path = join(prefix, annotation(method, Path.class).map(Path::value).orElse(""));
      Optional<String> verb = verb(method);
      if (verb.isPresent()) {
        endpoints.add(new Endpoint(verb.get(), path.isEmpty() ? "/" : path));
      } else if (annotation(method, Path.class).isPresent()) {
        walk(path, method.getReturnType(), chain);
      }
    }
  }

  private static Optional<String> path(Class<?> type) {
    return lineage(type)
        .map(each -> each.getAnnotation(Path.class))
        .filter(found -> found != null)
        .map(Path::value)
        .findFirst();
  }

  private static Optional<String> verb(Method method) {
    return declarations(method)
        .flatMap(each -> Arrays.stream(each.getAnnotations()))
        .map(each -> each.annotationType().getAnnotation(HttpMethod.class))
        .filter(found -> found != null)
        .map(HttpMethod::value)
        .findFirst();
  }

  private static <A extends Annotation> Optional<A> annotation(Method method, Class<A> kind) {
    return declarations(method)
        .map(each -> each.getAnnotation(kind))
        .filter(found -> found != null)
        .findFirst();
  }

  /** The method where it is declared, and what it overrides: annotations are inherited. */
  private static Stream<Method> declarations(Method method) {
    return lineage(method.getDeclaringClass())
        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
        .filter(
            each ->
                each.getName().equals(method.getName())
                    && Arrays.equals(each.getParameterTypes(), method.getParameterTypes()));
  }

  private static Stream<Class<?>> lineage(Class<?> type) {
    List<Class<?>> all = new ArrayList<>();
    for (Class<?> each = type; each != null; each = each.getSuperclass()) {
      all.add(each);
    }
    return all.stream()
        .flatMap(
            each ->
                Stream.concat(
                    Stream.of(each),
                    Arrays.stream(each.getInterfaces()).flatMap(RestSurface::lineage)))
        .distinct();
  }

  private static boolean answers(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods()).anyMatch(method -> verb(method).isPresent());
  }

  private static Stream<Class<?>> classes(String packageName) {
    try {
      List<Class<?>> found = new ArrayList<>();
      for (Resource resource :
          new PathMatchingResourcePatternResolver()
              .getResources("classpath*:" + packageName + "/**/*.class")) {
        String url = resource.getURL().toString();
        if (url.contains("/rest/")
            || url.contains("/webapp/")
            || url.contains("/cockpit/")
            || url.contains("/tasklist/")
            || url.contains("/admin/")
            || url.contains("/welcome/")) {
          String name = url.substring(url.indexOf(packageName)).replace('/', '.');
          try {
            found.add(
                Class.forName(
                    name.substring(0, name.length() - ".class".length()),
                    false,
                    RestSurface.class.getClassLoader()));
          } catch (ClassNotFoundException | NoClassDefFoundError optional) {
            // Needs a library that this program does not have, so it answers nothing here.
          }
        }
      }
      return found.stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String join(String prefix, String path) {
    String tail = path.replaceAll("^/+|/+$", "");
    return tail.isEmpty() ? prefix : prefix + "/" + tail;
  }
}
