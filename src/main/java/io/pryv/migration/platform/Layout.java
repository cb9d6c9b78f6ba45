package io.pryv.migration.platform;

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
    String redisVersion) {

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
        newRedisVersion);
  }
}
