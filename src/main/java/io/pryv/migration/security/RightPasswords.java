package io.pryv.migration.security;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Which passwords were found right since the start, so that a program that asks each second does
 * not cost a slow hash each second. It keeps no password, only what a key that lives as long as
 * this process makes of it, and that only as long as the account's stored password stays.
 */
final class RightPasswords {

  private static final String MAC = "HmacSHA256";

  private final SecretKeySpec key;
  private final Map<String, Seen> seen = new ConcurrentHashMap<>();

  RightPasswords() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    key = new SecretKeySpec(secret, MAC);
  }

  private record Seen(String storedPassword, String mark) {}

  void remember(Account account, String password) {
    seen.put(account.name(), new Seen(account.storedPassword(), mark(password)));
  }

  boolean knows(Account account, String password) {
    Seen known = seen.get(account.name());
    return known != null
        && known.storedPassword().equals(account.storedPassword())
        && MessageDigest.isEqual(
            known.mark().getBytes(StandardCharsets.US_ASCII),
            mark(password).getBytes(StandardCharsets.US_ASCII));
  }

  private String mark(String password) {
    try {
      Mac mac = Mac.getInstance(MAC);
      mac.init(key);
      return HexFormat.of().formatHex(mac.doFinal(password.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + MAC, e);
    }
  }
}
