package io.pryv.lab.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {

  @Test
  void measuresThePracticePlatformUnlessToldOtherwise() throws Exception {
    Options options = Options.parse(List.of("--out", "target/traffic"));
    assertThat(options.sourceDns()).isEqualTo(new InetSocketAddress("10.90.0.11", 53));
    assertThat(options.peer().host()).isEqualTo("reg.pryv.lab");
    assertThat(options.throughResolver()).isTrue();
    assertThat(options.writers()).isEqualTo(1);
  }

  @Test
  void saysWhatItDoesNotUnderstand() {
    assertThatThrownBy(() -> Options.parse(List.of("--out", "x", "--writer", "2")))
        .hasMessage("Unknown option: --writer");
    assertThatThrownBy(() -> Options.parse(List.of("--out", "x", "--writers", "two")))
        .hasMessage("--writers needs a number, not two");
    assertThatThrownBy(() -> Options.parse(List.of("--out"))).hasMessage("No value for --out");
    assertThatThrownBy(() -> Options.parse(List.of())).hasMessage("--out is needed");
  }
}
