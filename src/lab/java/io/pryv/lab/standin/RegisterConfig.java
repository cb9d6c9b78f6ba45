package io.pryv.lab.standin;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What {@code register.json} and {@code dns.json} say, laid out as the vendor's template of 2019
 * has them: both services are one program and read one kind of file.
 *
 * @param server where it listens
 * @param auth who may call what is not for everybody
 * @param dns the zone
 * @param net the cores
 * @param redis where Redis is
 * @param standIn what only a stand-in can be told; may be absent
 */
public record RegisterConfig(
    Server server,
    Auth auth,
    @JsonProperty(required = true) Dns dns,
    Net net,
    @JsonProperty(required = true) Redis redis,
    StandInOptions standIn) {

  /** Absent parts are empty ones. */
  public RegisterConfig {
    server = server == null ? new Server(0) : server;
    auth = auth == null ? new Auth(Map.of()) : auth;
    net = net == null ? new Net(Map.of(), false) : net;
    standIn = standIn == null ? new StandInOptions(null, false, false, null) : standIn;
  }

  /** Reads one; fields that it does not know are the original's. */
  public static RegisterConfig parse(String json) throws IOException {
    return StandIn.JSON.readValue(json, RegisterConfig.class);
  }

  /** The port of HTTP, 0 for any. */
  public record Server(int port) {}

  /** Keys that stand in {@code Authorization}, and what they are for. */
  public record Auth(Map<String, Key> authorizedKeys) {
    boolean allows(String key, String role) {
      return knows(key) && authorizedKeys.get(key).roles.contains(role);
    }

    boolean knows(String key) {
      return key != null && authorizedKeys.containsKey(key);
    }
  }

  /** What a key is for: {@code system}, {@code admin}. */
  public record Key(Set<String> roles) {}

  /**
   * The zone; all but the domain may be absent.
   *
   * @param port of UDP, 0 for any
   * @param name the primary of the SOA
   * @param domain the platform's
   * @param defaultTtl of every record, in seconds
   * @param nameserver of the domain
   * @param staticDataInDomain names with fixed answers
   * @param domainA addresses of the domain itself: one or several
   * @param mail exchangers of the domain
   * @param certificateAuthorityAuthorization who may issue certificates
   */
  public record Dns(
      int port,
      String name,
      @JsonProperty(required = true) String domain,
      @JsonProperty("defaultTTL") Integer defaultTtl,
      List<NameServer> nameserver,
      Map<String, Static> staticDataInDomain,
      @JsonProperty("domain_A") Object domainA,
      List<Mail> mail,
      Issuer certificateAuthorityAuthorization) {

    /** The defaults of the original. */
    public Dns {
      name = name == null ? "reg." + domain : name;
      defaultTtl = defaultTtl == null ? 3600 : defaultTtl;
      nameserver = nameserver == null ? List.of() : nameserver;
      staticDataInDomain = staticDataInDomain == null ? Map.of() : staticDataInDomain;
      mail = mail == null ? List.of() : mail;
    }
  }

  /** A name server; its name is a full one. */
  public record NameServer(@JsonProperty(required = true) String name, Object ip) {}

  /** Addresses, one or several, or other names. */
  public record Static(Object ip, List<Alias> alias) {}

  /** Another name. */
  public record Alias(@JsonProperty(required = true) String name) {}

  /** A mail exchanger. */
  public record Mail(@JsonProperty(required = true) String name, int priority) {}

  /** Who may issue certificates. */
  public record Issuer(@JsonProperty(required = true) String issuer) {}

  /**
   * The cores.
   *
   * @param aaservers by the name of their hosting
   * @param https whether redirections to a core are to HTTPS
   */
  public record Net(
      Map<String, List<Core>> aaservers, @JsonProperty("aaservers_ssl") boolean https) {}

  /** A core: its URL holds the name that is stored with each of its users. */
  public record Core(@JsonProperty(value = "base_url", required = true) String baseUrl) {
    URI url() {
      return URI.create(baseUrl);
    }
  }

  /** Where Redis is. */
  public record Redis(
      @JsonProperty(required = true) String host, @JsonProperty(required = true) int port) {}

  /**
   * What the original has no words for.
   *
   * @param release whose answers to give: {@code 1.3} (the default) or {@code 1.6}
   * @param separateBuffers true for DNS without the original's mix-up of answers
   * @param anonymous true for answers that do not say which Redis took a write, as the original's
   * @param reservedWords how many names the register's own list reserves
   */
  public record StandInOptions(
      String release, boolean separateBuffers, boolean anonymous, Integer reservedWords) {

    /** As many reserved words as the original has. */
    public static final int ALL_RESERVED_WORDS = 124_437;

    /** Refuses a release that it does not know. */
    public StandInOptions {
      release = release == null ? "1.3" : release;
      reservedWords = reservedWords == null ? ALL_RESERVED_WORDS : reservedWords;
      if (!Set.of("1.3", "1.6").contains(release)) {
        throw new IllegalArgumentException("standIn.release is 1.3 or 1.6, not " + release);
      }
    }

    boolean since16() {
      return release.equals("1.6");
    }
  }

  /** One value, several, or none, as the original takes them. */
  static List<String> several(Object value) {
    if (value instanceof List<?> values) {
      return values.stream().map(String::valueOf).toList();
    }
    return value == null ? List.of() : List.of(value.toString());
  }
}
