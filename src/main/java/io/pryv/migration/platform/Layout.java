package io.pryv.migration.platform;

import java.util.List;

/**
 * Where things are on one machine: detected by preflight, or told in the platform file. All paths
 * are absolute and on the machine. Containers are docker container names.
 *
 * @param composeCommand {@code docker-compose} or {@code docker compose}
 * @param composeFile {@code CONF_ROOT/reg-master.yml} in the 2018–2019 layout
 * @param project the compose project's name, as on the label com.docker.compose.project
 * @param startScript {@code CONF_ROOT/run-reg-master}; runs with CONF_ROOT as working directory
 * @param stopScript {@code CONF_ROOT/stop-containers}; stops every container of the host
 * @param dataDirectory the Redis data directory, symlinks resolved
 * @param dataOwner numeric {@code uid:gid} that the data must belong to
 * @param redisConfFile the redis.conf that the container reads
 * @param nginxConfDirectory the directory mounted at {@code /app/conf} of the proxy
 * @param nginxSiteFile the file with {@code upstream register_server}
 * @param accessLog nginx's access log on the host, or empty when it goes to the container's log
 * @param redisContainer container name
 * @param nginxContainer container name, empty on a slave that has none
 * @param registerContainer container name, empty on a slave that has none
 * @param dnsContainer container name
 * @param redisVersion as {@code INFO server} says
 * @param services of the compose file: others may belong to the same project, since its name is
 *     that of the directory; empty where every service of the project is the register's
 */
public record Layout(
    String composeCommand,
    String composeFile,
    String project,
    String startScript,
    String stopScript,
    String dataDirectory,
    String dataOwner,
    String redisConfFile,
    String nginxConfDirectory,
    String nginxSiteFile,
    String accessLog,
    String redisContainer,
    String nginxContainer,
    String registerContainer,
    String dnsContainer,
    String redisVersion,
    List<String> services) {

  /** A migration that was begun by an older program knows no services. */
  public Layout {
    services = services == null ? List.of() : List.copyOf(services);
  }

  /** A layout whose project is the register's alone. */
  public Layout(
      String composeCommand,
      String composeFile,
      String project,
      String startScript,
      String stopScript,
      String dataDirectory,
      String dataOwner,
      String redisConfFile,
      String nginxConfDirectory,
      String nginxSiteFile,
      String accessLog,
      String redisContainer,
      String nginxContainer,
      String registerContainer,
      String dnsContainer,
      String redisVersion) {
    this(
        composeCommand,
        composeFile,
        project,
        startScript,
        stopScript,
        dataDirectory,
        dataOwner,
        redisConfFile,
        nginxConfDirectory,
        nginxSiteFile,
        accessLog,
        redisContainer,
        nginxContainer,
        registerContainer,
        dnsContainer,
        redisVersion,
        List.of());
  }

  /** Whether a container with these labels of compose is one of the register's. */
  public boolean has(String ofProject, String service) {
    return ofProject.equals(project) && (services.isEmpty() || services.contains(service));
  }

  /** The same with what only a closer look at the machine tells. */
  public Layout with(String newDataDirectory, String newDataOwner, String newRedisVersion) {
    return new Layout(
        composeCommand,
        composeFile,
        project,
        startScript,
        stopScript,
        newDataDirectory,
        newDataOwner,
        redisConfFile,
        nginxConfDirectory,
        nginxSiteFile,
        accessLog,
        redisContainer,
        nginxContainer,
        registerContainer,
        dnsContainer,
        newRedisVersion,
        services);
  }
}
