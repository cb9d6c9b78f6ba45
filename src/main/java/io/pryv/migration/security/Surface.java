package io.pryv.migration.security;

import static io.pryv.migration.security.Surface.Who.ADMINS;
import static io.pryv.migration.security.Surface.Who.DECIDERS;
import static io.pryv.migration.security.Surface.Who.OPERATORS;
import static io.pryv.migration.security.Surface.Who.READERS;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.springframework.http.HttpMethod;

/**
 * Every call of Camunda's REST and webapps that is let through, by method and path, and for whom.
 * What is not here is refused, for admins too. {@code docs/security.md} shows the same list.
 */
final class Surface {

  private static final String REST = "/engine-rest";

  /** Where Tasklist, Cockpit and Admin call the engine. */
  private static final String WEBAPPS = "/camunda/api/engine/engine/default";

  private static final String COCKPIT = "/camunda/api/cockpit/plugin/base/default";

  private Surface() {}

  /** Who may make a call, by the groups of which he must be in one. */
  enum Who {
    READERS,
    DECIDERS,
    OPERATORS,
    ADMINS;

    List<String> groups() {
      return switch (this) {
        case READERS -> List.of("viewers", "approvers", "operators", "camunda-admin");
        case DECIDERS -> List.of("approvers", "operators", "camunda-admin");
        case OPERATORS -> List.of("operators", "camunda-admin");
        case ADMINS -> List.of("camunda-admin");
      };
    }

    /** As the documentation calls them. */
    String words() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One method on one path.
   *
   * @param path with its variables in braces
   * @param use who makes this call, and for what
   */
  record Call(HttpMethod method, String path, Who who, String use) {}

  /** All of them; of two that match a request the first one counts. */
  static List<Call> calls() {
    return Stream.of(programs(), pages(), tasklist(), cockpit(), admin())
        .flatMap(List::stream)
        .toList();
  }

  private static List<Call> programs() {
    return new Calls(REST)
        .get("looks where a migration stands", READERS)
        .on(
            "/task",
            "/task/{id}/variables",
            "/incident",
            "/job",
            "/process-definition",
            "/history/process-instance/{id}",
            "/history/process-instance/count",
            "/history/process-instance/report",
            "/history/activity-instance",
            "/history/activity-instance/count",
            "/history/variable-instance")
        .post("starts a migration or a rehearsal", OPERATORS)
        .on("/process-definition/key/register-migration/start")
        .post("decides", DECIDERS)
        .on("/task/{id}/submit-form")
        .put("retries a failed step", OPERATORS)
        .on("/job/{id}/retries")
        .put("changes his own password, or an admin another's", READERS)
        .on("/user/{id}/credentials")
        .post("moves a token", ADMINS)
        .on("/process-instance/{id}/modification")
        .put("suspends a migration, or lets it go on", ADMINS)
        .on("/process-instance/{id}/suspended")
        .delete("ends a migration where it stands", ADMINS)
        .on("/process-instance/{id}")
        .delete("deletes the history of one that is over", ADMINS)
        .on("/history/process-instance/{id}")
        .get("lists users", ADMINS)
        .on("/user", "/group")
        .post("makes a user, or unlocks one", ADMINS)
        .on("/user/create", "/user/{id}/unlock")
        .delete("removes a user", ADMINS)
        .on("/user/{id}")
        .put("puts a user into a group", ADMINS)
        .on("/group/{id}/members/{userId}")
        .delete("takes a user out of a group", ADMINS)
        .on("/group/{id}/members/{userId}")
        .all();
  }

  private static List<Call> pages() {
    return new Calls("/camunda")
        .get("Tasklist's and Cockpit's pages", READERS)
        .on(
            "/favicon.ico",
            "/lib/**",
            "/assets/**",
            "/app/tasklist/**",
            "/app/cockpit/**",
            "/api/tasklist/plugin/tasklistPlugins/static/**",
            "/api/cockpit/plugin/cockpitPlugins/static/**")
        .get("Admin's pages", ADMINS)
        .on("/app/admin/**", "/api/admin/plugin/adminPlugins/static/**")
        .get("every page: who is logged in", READERS)
        .on("/api/admin/auth/user/default")
        .get("every page: which engine there is", READERS)
        .on("/api/engine/engine")
        .all();
  }

  private static List<Call> tasklist() {
    return new Calls(WEBAPPS)
        .get("Tasklist: lists tasks by filter", READERS)
        .on("/filter", "/filter/count")
        .options("Tasklist: asks what it may do to a filter", READERS)
        .on("/filter", "/filter/{id}")
        .post("Tasklist: lists tasks by filter", READERS)
        .on("/filter/{id}/list")
        .get("Tasklist: shows a task", READERS)
        .on(
            "/task/{id}",
            "/task/{id}/form",
            "/task/{id}/deployed-form",
            "/task/{id}/form-variables",
            "/task/{id}/comment",
            "/task/{id}/identity-links",
            "/history/user-operation",
            "/history/user-operation/count")
        .post("Tasklist: takes a task, or gives it back", DECIDERS)
        .on("/task/{id}/claim", "/task/{id}/unclaim", "/task/{id}/assignee")
        .post("Tasklist: completes a task", DECIDERS)
        .on("/task/{id}/submit-form")
        .post("Tasklist: comments on a task", DECIDERS)
        .on("/task/{id}/comment/create")
        .put("Tasklist: sets a task's due date", DECIDERS)
        .on("/task/{id}")
        .get("Tasklist: shows the form that starts a process", READERS)
        .on("/process-definition/{id}/startForm", "/process-definition/{id}/deployed-start-form")
        .post("Tasklist: starts a migration, or asks for a rollback", OPERATORS)
        .on("/process-definition/{id}/submit-form")
        .get("every page: the names of users", READERS)
        .on("/user/{id}/profile")
        .all();
  }

  private static List<Call> cockpit() {
    List<Call> calls = new ArrayList<>();
    calls.addAll(
        new Calls(WEBAPPS)
            .get("Cockpit: shows processes", READERS)
            .on(
                "/process-definition",
                "/process-definition/count",
                "/process-definition/statistics",
                "/process-definition/{id}",
                "/process-definition/{id}/xml",
                "/process-definition/{id}/statistics",
                "/job-definition",
                "/job-definition/count",
                "/job-definition/{id}")
            .get("Cockpit: shows migrations", READERS)
            .on(
                "/process-instance/{id}",
                "/process-instance/count",
                "/process-instance/{id}/activity-instances",
                "/task",
                "/task/count",
                "/job/count",
                "/job/{id}/stacktrace")
            .get("Cockpit: counts on its dashboard", READERS)
            .on("/decision-definition/count", "/case-definition/count", "/deployment/count")
            .post("Cockpit: shows migrations", READERS)
            .on(
                "/process-instance",
                "/process-instance/count",
                "/variable-instance",
                "/variable-instance/count",
                "/task",
                "/task/count",
                "/job",
                "/job/count")
            .get("Cockpit: shows a variable", READERS)
            .on(
                "/variable-instance/{id}",
                "/variable-instance/count",
                "/process-instance/{id}/variables/{varId}")
            .put("Cockpit: changes a variable", OPERATORS)
            .on("/process-instance/{id}/variables/{varId}")
            .put("Cockpit: retries a failed step", OPERATORS)
            .on("/job/{id}/retries")
            .put("Cockpit: annotates an incident", OPERATORS)
            .on("/incident/{id}/annotation")
            .delete("Cockpit: takes an annotation away", OPERATORS)
            .on("/incident/{id}/annotation")
            .put("Cockpit: suspends a migration, or lets it go on", ADMINS)
            .on("/process-instance/{id}/suspended")
            .delete("Cockpit: ends a migration where it stands", ADMINS)
            .on("/process-instance/{id}")
            .all());
    calls.addAll(
        new Calls(COCKPIT)
            .get("Cockpit: shows processes", READERS)
            .on("/process-definition/statistics", "/process-definition/statistics-count")
            .post("Cockpit: shows migrations", READERS)
            .on(
                "/process-definition/{id}/called-process-definitions",
                "/process-instance",
                "/process-instance/count",
                "/process-instance/{id}/called-process-instances",
                "/incident",
                "/incident/count")
            .all());
    return calls;
  }

  private static List<Call> admin() {
    return new Calls(WEBAPPS)
        .get("Admin: shows users and groups", ADMINS)
        .on(
            "/authorization/check",
            "/user",
            "/user/count",
            "/group",
            "/group/count",
            "/group/{id}",
            "/identity/password-policy")
        .options("Admin: asks what it may do to users and groups", ADMINS)
        .on("/user", "/user/{id}", "/group", "/group/{id}", "/group/{id}/members", "/tenant")
        .post("Admin: shows users and groups", ADMINS)
        .on("/group", "/group/count", "/identity/password-policy")
        .post("Admin: makes a user, or unlocks one", ADMINS)
        .on("/user/create", "/user/{id}/unlock")
        .put("Admin: changes a user", ADMINS)
        .on("/user/{id}/profile", "/user/{id}/credentials")
        .delete("Admin: removes a user", ADMINS)
        .on("/user/{id}")
        .put("Admin: puts a user into a group", ADMINS)
        .on("/group/{id}/members/{userId}")
        .delete("Admin: takes a user out of a group", ADMINS)
        .on("/group/{id}/members/{userId}")
        .all();
  }

  /** Collects calls below one path. */
  private static final class Calls {

    private final String prefix;
    private final List<Call> calls = new ArrayList<>();
    private HttpMethod method = HttpMethod.GET;
    private String use = "";
    private Who who = ADMINS;

    Calls(String prefix) {
      this.prefix = prefix;
    }

    Calls get(String why, Who by) {
      return next(HttpMethod.GET, why, by);
    }

    Calls post(String why, Who by) {
      return next(HttpMethod.POST, why, by);
    }

    Calls put(String why, Who by) {
      return next(HttpMethod.PUT, why, by);
    }

    Calls delete(String why, Who by) {
      return next(HttpMethod.DELETE, why, by);
    }

    Calls options(String why, Who by) {
      return next(HttpMethod.OPTIONS, why, by);
    }

    Calls on(String... paths) {
      for (String path : paths) {
        calls.add(new Call(method, prefix + path, who, use));
      }
      return this;
    }

    List<Call> all() {
      return List.copyOf(calls);
    }

    private Calls next(HttpMethod with, String why, Who by) {
      method = with;
      use = why;
      who = by;
      return this;
    }
  }
}
