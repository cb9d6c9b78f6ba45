package io.pryv.migration.process;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Configuration;

/** What the configuration says of this program itself. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({AdminProperties.class, FileProperties.class})
class Configured {}
