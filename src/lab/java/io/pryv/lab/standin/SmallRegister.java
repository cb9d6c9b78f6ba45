package io.pryv.lab.standin;

import java.io.IOException;

/** A register for tests: {@code pryv.lab}, one hosting, few reserved words, DNS that mixes up. */
public final class SmallRegister {
  /** What clients of it send as {@code hosting}. */
  public static final String HOSTING = "lab.ch";

  private SmallRegister() {}

  /** The whole configuration, in JSON; ports may be 0 for any. */
  public static String json(int http, int dns, int redis, int core) {
    return json(http, dns, redis, core, "\"release\":\"1.3\"");
  }

  /** The same with more of what only a stand-in can be told. */
  public static String json(int http, int dns, int redis, int core, String standIn) {
    return """
        {"server":{"port":%d},
         "auth":{"authorizedKeys":{"key":{"roles":["system"]},"other":{"roles":["admin"]}}},
         "dns":{"port":%d,"name":"reg.pryv.lab","domain":"pryv.lab","defaultTTL":5,
          "nameserver":[{"name":"dns1.pryv.lab","ip":"10.90.0.10"},
                        {"name":"dns2.pryv.lab","ip":"10.90.0.12"}],
          "staticDataInDomain":{
            "reg":{"ip":"127.0.0.1"},"dns1":{"ip":"10.90.0.10"},
            "sw":{"alias":[{"name":"sw.example.com"}]},"core1":{"ip":"127.0.0.1"}},
          "domain_A":["10.90.0.10","10.90.0.11"],
          "mail":[{"name":"mail.pryv.lab"}],
          "certificateAuthorityAuthorization":{"issuer":"ca.example"}},
         "net":{"aaservers":{"lab.ch":[{"base_url":"http://core1.pryv.lab:%d/"}],"full.ch":[]}},
         "redis":{"host":"127.0.0.1","port":%d},
         "standIn":{"reservedWords":3,%s}}
        """
        .formatted(http, dns, core, redis, standIn);
  }

  /** One that listens anywhere. */
  public static RegisterServer of(int redis, int core) throws IOException {
    return new RegisterServer(RegisterConfig.parse(json(0, 0, redis, core)));
  }

  /** What a client sends to {@code POST /user}. */
  public static String newUser(String name) {
    return """
        {"hosting":"%s","appid":"lab-traffic","username":"%s","email":"%2$s@mail.example",\
        "password":"correct horse","languageCode":"en","invitationtoken":"enjoy"}"""
        .formatted(HOSTING, name);
  }

  /** What a core sends to {@code POST /users} about such a user. */
  public static String recorded(String newUser) {
    return """
        {"user":%s,"host":{"name":"core1.pryv.lab"},"unique":["email"]}"""
        .formatted(newUser);
  }
}
