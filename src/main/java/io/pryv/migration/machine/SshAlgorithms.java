package io.pryv.migration.machine;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.schmizz.sshj.Config;
import net.schmizz.sshj.DefaultConfig;
import net.schmizz.sshj.common.Factory;

/**
 * The algorithms by which this program speaks SSH. The library offers every one it knows, also
 * those that OpenSSH has given up; here only what OpenSSH 7.2 and newer offer by themselves and
 * nobody has broken: no SHA-1, MD5, CBC, 3DES, RC4, DSA, and no group of 1024 bits.
 */
final class SshAlgorithms {

  /** What is refused, as messages name it. */
  static final String REFUSED = "no SHA-1, MD5, CBC, 3DES, RC4, DSA or 1024-bit group";

  private static final Pattern KEY_EXCHANGES =
      Pattern.compile(
          "mlkem768x25519-sha256|curve25519-sha256(@libssh\\.org)?|ecdh-sha2-nistp(256|384|521)"
              + "|diffie-hellman-group-exchange-sha256|diffie-hellman-group14-sha256"
              + "|diffie-hellman-group(16|18)-sha512|ext-info-c");
  private static final Pattern KEYS =
      Pattern.compile(
          "ssh-ed25519(-cert-v01@openssh\\.com)?|ecdsa-sha2-nistp(256|384|521)(-cert-v01@openssh\\.com)?"
              + "|rsa-sha2-(256|512)");
  private static final Pattern CIPHERS =
      Pattern.compile(
          "chacha20-poly1305@openssh\\.com|aes(128|256)-gcm@openssh\\.com|aes(128|192|256)-ctr");
  private static final Pattern MACS = Pattern.compile("hmac-sha2-(256|512)(-etm@openssh\\.com)?");

  private SshAlgorithms() {}

  /** Only algorithms that hold. */
  static Config modern() {
    Config config = new DefaultConfig();
    config.setKeyExchangeFactories(only(KEY_EXCHANGES, config.getKeyExchangeFactories()));
    config.setKeyAlgorithms(only(KEYS, config.getKeyAlgorithms()));
    config.setCipherFactories(only(CIPHERS, config.getCipherFactories()));
    config.setMACFactories(only(MACS, config.getMACFactories()));
    return config;
  }

  /** The same first, then whatever the library knows: for a machine that has nothing better. */
  static Config withWeak() {
    Config config = new DefaultConfig();
    config.setKeyExchangeFactories(first(KEY_EXCHANGES, config.getKeyExchangeFactories()));
    config.setKeyAlgorithms(first(KEYS, config.getKeyAlgorithms()));
    config.setCipherFactories(first(CIPHERS, config.getCipherFactories()));
    config.setMACFactories(first(MACS, config.getMACFactories()));
    return config;
  }

  private static <T extends Factory.Named<?>> List<T> only(Pattern allowed, List<T> all) {
    return all.stream().filter(one -> allowed.matcher(one.getName()).matches()).toList();
  }

  private static <T extends Factory.Named<?>> List<T> first(Pattern preferred, List<T> all) {
    return Stream.concat(
            only(preferred, all).stream(),
            all.stream().filter(one -> !preferred.matcher(one.getName()).matches()))
        .toList();
  }
}
