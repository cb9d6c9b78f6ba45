package io.pryv.migration.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.pryv.lab.standin.FreePort;
import java.io.FileInputStream;
import java.io.InputStream;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** The program as it is reached over a network: with TLS, its users known to a provider. */
@Tag("engine")
class ProviderLoginTest {

  @TempDir static Path directory;

  private static int port;
  private static SSLContext trusting;
  private static ServletWebServerApplicationContext provider;
  private static ConfigurableApplicationContext program;

  @BeforeAll
  static void start() throws Exception {
    port = FreePort.next();
    Path keys = directory.resolve("keys.p12");
    run(
        "keytool",
        "-genkeypair",
        "-alias",
        "tls",
        "-keyalg",
        "EC",
        "-dname",
        "CN=localhost",
        "-ext",
        "san=dns:localhost,ip:127.0.0.1",
        "-validity",
        "2",
        "-storetype",
        "PKCS12",
        "-keystore",
        keys.toString(),
        "-storepass",
        "changeit");
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = new FileInputStream(keys.toFile())) {
      store.load(in, "changeit".toCharArray());
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    trusting = SSLContext.getInstance("TLS");
    trusting.init(null, trust.getTrustManagers(), null);

    provider = Provider.start("https://localhost:" + port + "/login/oauth2/code/company");
    String client = "--spring.security.oauth2.client.";
    program =
        new SpringApplicationBuilder(EngineTest.Application.class)
            .run(
                "--server.port=" + port,
                "--server.ssl.key-store=" + keys,
                "--server.ssl.key-store-password=changeit",
                "--migration.data=" + directory,
                "--migration.platforms=" + EngineTest.DIRECTORY,
                "--migration.admin.password=" + EngineTest.PASSWORD,
                "--migration.door.groups.it-operations=operators",
                client + "registration.company.client-id=migration",
                client + "registration.company.client-secret=" + Provider.SECRET,
                client + "registration.company.scope=openid",
                client + "registration.company.client-name=the company",
                client
                    + "provider.company.issuer-uri=http://127.0.0.1:"
                    + provider.getWebServer().getPort());
  }

  @AfterAll
  static void stop() {
    program.close();
    provider.close();
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private static HttpClient browser() {
    return HttpClient.newBuilder()
        .sslContext(trusting)
        .cookieHandler(new CookieManager())
        .followRedirects(HttpClient.Redirect.ALWAYS)
        .build();
  }

  private static HttpResponse<String> get(HttpClient browser, String path) throws Exception {
    return browser.send(
        HttpRequest.newBuilder(ours(path)).header("Accept", "text/html").build(),
        BodyHandlers.ofString());
  }

  private static String json(HttpClient browser, String path) throws Exception {
    return browser
        .send(
            HttpRequest.newBuilder(ours(path)).header("Accept", "application/json").build(),
            BodyHandlers.ofString())
        .body();
  }

  private static URI ours(String path) {
    return URI.create("https://localhost:" + port + path);
  }

  /** Follows the link of our login page, logs in at the provider, and is led back. */
  private static HttpResponse<String> logIn(HttpClient browser, String user) throws Exception {
    HttpResponse<String> form = get(browser, "/oauth2/authorization/company");
    Matcher token = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"").matcher(form.body());
    assertThat(token.find()).as(form.uri() + " " + form.body()).isTrue();
    return browser.send(
        HttpRequest.newBuilder(form.uri().resolve("/login"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Accept", "text/html")
            .POST(
                BodyPublishers.ofString(
                    "username="
                        + user
                        + "&password=at+the+provider&_csrf="
                        + URLEncoder.encode(token.group(1), StandardCharsets.UTF_8)))
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void whoIsInAMappedGroupComesInAsThatAndNothingElse() throws Exception {
    HttpClient browser = browser();
    assertThat(get(browser, "/login").body()).contains("the company");

    HttpResponse<String> page = logIn(browser, "olga");

    assertThat(page.uri()).isEqualTo(ours("/migrations"));
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(
            new ObjectMapper()
                .readTree(json(browser, "/camunda/api/admin/auth/user/default"))
                .get("userId")
                .asText())
        .isEqualTo("olga");
    // Her group camunda-admin at the provider is not mapped.
    assertThat(json(browser, "/camunda/api/engine/engine/default/user")).doesNotContain("admin");
  }

  @Test
  void whoIsInNoMappedGroupStaysOut() throws Exception {
    HttpClient browser = browser();

    assertThat(logIn(browser, "gustav").uri()).isEqualTo(ours("/login?provider"));
    assertThat(get(browser, "/migrations").uri().getPath()).isEqualTo("/login");
  }

  @Test
  void nobodyComesInUnderTheNameOfAnAccountOfOurs() throws Exception {
    HttpClient browser = browser();

    assertThat(logIn(browser, "admin").uri()).isEqualTo(ours("/login?provider"));
    assertThat(get(browser, "/migrations").uri().getPath()).isEqualTo("/login");
  }

  @Test
  void behindTlsCookiesAreSecureAndBrowsersStayWithIt() throws Exception {
    HttpResponse<String> page = get(browser(), "/login");

    assertThat(page.headers().firstValue("Strict-Transport-Security").orElse(""))
        .contains("max-age=31536000");
    List<String> cookies = page.headers().allValues("Set-Cookie");
    assertThat(cookies).isNotEmpty().allSatisfy(cookie -> assertThat(cookie).contains("Secure"));
  }
}
