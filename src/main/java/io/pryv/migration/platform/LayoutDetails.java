package io.pryv.migration.platform;

/**
 * What the platform file tells of a machine's layout where detection would look elsewhere. An empty
 * value is left to detection.
 *
 * @param composeCommand {@code docker-compose} or {@code docker compose}
 * @param nginxSiteFile absolute path of the file with {@code upstream register_server}
 * @param redisContainer container name
 * @param nginxContainer container name
 * @param registerContainer container name
 * @param dnsContainer container name
 */
public record LayoutDetails(
    String composeCommand,
    String nginxSiteFile,
    String redisContainer,
    String nginxContainer,
    String registerContainer,
    String dnsContainer) {

  /** Everything is left to detection. */
  public static final LayoutDetails NONE = new LayoutDetails("", "", "", "", "", "");
}
