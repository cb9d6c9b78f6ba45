package io.pryv.migration;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The application: engine, webapps, REST and our own pages in one process. */
@SpringBootApplication
public class RegisterMigration {

  public static void main(String[] arguments) {
    SpringApplication.run(RegisterMigration.class, arguments);
  }
}
