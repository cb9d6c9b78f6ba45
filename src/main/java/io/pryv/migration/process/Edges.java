package io.pryv.migration.process;

import io.pryv.migration.dns.DnsClient;
import io.pryv.migration.dns.DnsJavaClient;
import io.pryv.migration.machine.HttpsProbe;
import io.pryv.migration.machine.PinnedShells;
import io.pryv.migration.machine.SshShells;
import io.pryv.migration.machine.TlsProbe;
import io.pryv.migration.redis.JedisServers;
import io.pryv.migration.redis.RedisAddresses;
import io.pryv.migration.redis.RedisDoors;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** How this program reaches the world: SSH, Redis through it, DNS, HTTPS. */
@Configuration(proxyBeanMethods = false)
class Edges {

  @Bean
  PinnedShells ssh() {
    return SshShells::new;
  }

  @Bean
  PlatformShells shells(PinnedShells ssh) {
    return new PlatformShells(ssh);
  }

  @Bean
  RedisDoors redisDoors() {
    RedisAddresses addresses = new RedisAddresses();
    return hands -> new JedisServers(hands, addresses);
  }

  @Bean
  DnsClient dnsClient() {
    return new DnsJavaClient();
  }

  @Bean
  HttpsProbe httpsProbe() {
    return new TlsProbe(Duration.ofSeconds(5));
  }
}
