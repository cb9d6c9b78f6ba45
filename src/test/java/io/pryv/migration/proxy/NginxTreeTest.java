package io.pryv.migration.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class NginxTreeTest {

  private static final String DUMP =
      """
      # configuration file /app/conf/nginx.conf:
      user app;
      http {
        include /etc/nginx/mime.types;
        # include /app/conf/old.conf;
        include /app/conf/site.conf;
      }

      # configuration file /etc/nginx/mime.types:
      types { text/html html; }

      # configuration file /app/conf/site.conf:
      upstream register_server { server register:9000; }

      """;

  @Test
  void theNewTextTakesThePlaceOfOneFileOnly() {
    NginxTree tree = NginxTree.parse(DUMP);
    assertThat(tree.reads("/app/conf/site.conf")).isTrue();
    assertThat(tree.reads("/app/conf/old.conf")).isFalse();
    Map<String, String> files = tree.laidOut("/tmp/x", "/app/conf/site.conf", "new site;\n");
    assertThat(files.keySet()).containsExactly("/tmp/x/0.conf", "/tmp/x/1.conf", "/tmp/x/2.conf");
    assertThat(files.get("/tmp/x/0.conf"))
        .contains("  include /tmp/x/1.conf;")
        .contains("  include /tmp/x/2.conf;")
        .contains("# include /app/conf/old.conf;");
    assertThat(files.get("/tmp/x/1.conf")).contains("text/html html");
    assertThat(files.get("/tmp/x/2.conf")).isEqualTo("new site;\n");
  }

  @Test
  void aPatternBecomesTheFilesItStandsFor() {
    NginxTree tree =
        NginxTree.parse(
            """
            # configuration file /etc/nginx/nginx.conf:
            http { include "conf.d/*.conf"; include sites/*; }

            # configuration file /etc/nginx/conf.d/gzip.conf:
            gzip on;

            # configuration file /etc/nginx/conf.d/site-443.conf:
            old on;

            """);
    assertThat(
            tree.laidOut("/tmp/x", "/etc/nginx/conf.d/site-443.conf", "new;").get("/tmp/x/0.conf"))
        .contains("include /tmp/x/1.conf; include /tmp/x/2.conf;")
        .doesNotContain("conf.d")
        .doesNotContain("sites/*");
  }

  @Test
  void aFileIncludedTwiceIsDumpedTwiceAndLaidOutOnce() {
    NginxTree tree =
        NginxTree.parse(
            """
            # configuration file /a/nginx.conf:
            include /a/b.conf; include /a/b.conf;
            # configuration file /a/b.conf:
            b on;
            # configuration file /a/b.conf:
            b on;
            """);
    assertThat(tree.files()).hasSize(2);
  }
}
