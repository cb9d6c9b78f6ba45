package io.pryv.migration.security;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.mock.web.MockHttpServletRequest;

class CrossSiteTest {

  private final CrossSite crossSite = new CrossSite();

  private static MockHttpServletRequest request(String method) {
    MockHttpServletRequest request = new MockHttpServletRequest(method, "/api/migrations");
    request.setServerName("migration.example");
    request.setServerPort(8080);
    return request;
  }

  @Test
  void aProgramThatIsNoBrowserSaysNothingOfSites() {
    assertThat(crossSite.matches(request("POST"))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "same-origin, POST, cors, empty, false",
    "none, GET, navigate, document, false",
    "same-site, POST, cors, empty, true",
    "cross-site, POST, navigate, document, true",
    "cross-site, GET, no-cors, image, true",
    "cross-site, GET, navigate, iframe, true",
    "cross-site, GET, navigate, document, false",
    "anything, POST, cors, empty, true"
  })
  void whatABrowserSaysDecides(String site, String method, String mode, String dest, boolean out) {
    MockHttpServletRequest request = request(method);
    request.addHeader("Sec-Fetch-Site", site);
    request.addHeader("Sec-Fetch-Mode", mode);
    request.addHeader("Sec-Fetch-Dest", dest);

    assertThat(crossSite.matches(request)).isEqualTo(out);
  }

  @ParameterizedTest
  @CsvSource({
    "http://migration.example:8080, false",
    "https://migration.example:8080, false",
    "http://migration.example, true",
    "http://migration.example:8081, true",
    "http://evil.example, true",
    "null, true",
    "http://migration.example:8080.evil.example, true"
  })
  void anOlderBrowserTellsTheOrigin(String origin, boolean out) {
    MockHttpServletRequest request = request("POST");
    request.addHeader("Origin", origin);

    assertThat(crossSite.matches(request)).isEqualTo(out);
  }
}
