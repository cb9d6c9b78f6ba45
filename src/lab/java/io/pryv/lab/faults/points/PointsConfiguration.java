package io.pryv.lab.faults.points;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.PinnedShells;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.Shells;
import io.pryv.migration.platform.Machine;
import java.net.Socket;
import java.nio.file.Path;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.JavaDelegate;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Puts the points around every step and every command. The harness names this class to the program
 * ({@code --spring.main.sources}) and the directory of the points in the environment ({@code
 * PRYV_LAB_POINTS}).
 */
@Configuration(proxyBeanMethods = false)
public class PointsConfiguration {

  /** Wraps the beans as they come to life. */
  @Bean
  static BeanPostProcessor points() {
    Points points = new Points(new PointFiles(Path.of(System.getenv("PRYV_LAB_POINTS"))));
    return new BeanPostProcessor() {
      @Override
      public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof JavaDelegate delegate) {
          return new PointedStep(delegate, points);
        }
        return bean instanceof PinnedShells door ? new PointedDoor(door, points) : bean;
      }
    };
  }

  private record PointedStep(JavaDelegate step, Points points) implements JavaDelegate {
    @Override
    public void execute(DelegateExecution execution) throws Exception {
      points.around(execution.getCurrentActivityId(), () -> step.execute(execution));
    }
  }

  private record PointedDoor(PinnedShells door, Points points) implements PinnedShells {
    @Override
    public Shells trusting(Path knownHosts) {
      return new PointedShells(door.trusting(knownHosts), points);
    }
  }

  private record PointedShells(Shells shells, Points points) implements Shells {
    @Override
    public Shell to(Machine machine) {
      return new PointedShell(shells.to(machine), points);
    }
  }

  private record PointedShell(Shell shell, Points points) implements Shell {
    @Override
    public Machine machine() {
      return shell.machine();
    }

    @Override
    public CommandResult run(Command command) {
      return points.command(shell, command);
    }

    @Override
    public Socket connect(String host, int port) {
      return points.connection(machine(), () -> shell.connect(host, port));
    }
  }
}
