package io.pryv.migration.process;

import org.camunda.bpm.engine.ProcessEngine;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

/** Who may come in, and by which door. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({AdminProperties.class, FileProperties.class})
class Security {

  @Bean
  FilterRegistrationBean<Door> door(ProcessEngine engine) {
    FilterRegistrationBean<Door> door = new FilterRegistrationBean<>(new Door(engine));
    door.addUrlPatterns("/engine-rest/*", "/api/*", "/migrations/*");
    door.setOrder(Ordered.HIGHEST_PRECEDENCE + 100);
    return door;
  }
}
