package io.pryv.lab.faults.points;

import io.pryv.lab.faults.points.PointFiles.Action;
import io.pryv.lab.faults.points.PointFiles.Armed;
import io.pryv.lab.faults.points.PointFiles.When;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.platform.Machine;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** What the program does when it comes by a point: nothing, unless the point is armed. */
final class Points {

  /** How often an armed command fails: once more than a step in the cold window is tried. */
  private static final int FAILURES = 2;

  private static final long LOOK_AGAIN_MS = 10;

  private final PointFiles files;
  private final ThreadLocal<String> step = new ThreadLocal<>();
  private final AtomicInteger failuresLeft = new AtomicInteger();
  private volatile String failing = "";

  Points(PointFiles files) {
    this.files = files;
  }

  /** A step is done in this thread, with its points before and after. */
  void around(String name, ThrowingRunnable work) throws Exception {
    passBy(When.BEFORE, name);
    step.set(name);
    try {
      work.run();
    } finally {
      step.remove();
    }
    passBy(When.AFTER, name);
  }

  /** A command of the step at work; another thread's belong to none. */
  CommandResult command(Shell shell, Command command) {
    String name = step.get();
    if (name == null) {
      return shell.run(command);
    }
    if (fails(name, command)) {
      return new CommandResult(
          shell.machine().name(),
          command,
          1,
          "",
          "the fault harness lets this command fail\n",
          Duration.ZERO);
    }
    Optional<Armed> armed = files.armed(When.DURING, name).filter(point -> meets(point, command));
    if (armed.isPresent() && files.reach(When.DURING, name, shell.machine().name())) {
      return shell.run(held(command));
    }
    return shell.run(command);
  }

  /** A connection from the machine, to a Redis as a rule. */
  Socket connection(Machine machine, Supplier<Socket> connect) {
    String name = step.get();
    if (name != null
        && files
            .armed(When.DURING, name)
            .filter(point -> point.action() == Action.HOLD_ANY)
            .isPresent()) {
      passBy(When.DURING, name);
    }
    return connect.get();
  }

  private boolean fails(String name, Command command) {
    Optional<Armed> armed =
        files
            .armed(When.DURING, name)
            .filter(
                point -> point.action() == Action.FAIL_ANY || point.action() == Action.FAIL_CHANGE)
            .filter(point -> meets(point, command));
    if (armed.isPresent() && passBy(When.DURING, name)) {
      failing = name + command.purpose();
      failuresLeft.set(FAILURES);
    }
    return failing.equals(name + command.purpose()) && failuresLeft.getAndDecrement() > 0;
  }

  private static boolean meets(Armed point, Command command) {
    return command.purpose().startsWith(point.command())
        && (command.changes()
            || point.action() == Action.HOLD_ANY
            || point.action() == Action.FAIL_ANY);
  }

  /** The work is done on the machine, and its end not told before the harness says so. */
  static Command held(Command command) {
    String script =
        """
        (
        %s
        )
        code=$?
        touch %s
        tries=3600
        while [ -e %s ] && [ $tries -gt 0 ]; do sleep 0.05; tries=$((tries - 1)); done
        exit $code
        """
            .formatted(command.script(), PointFiles.HELD, PointFiles.HELD);
    return command.withScript(script);
  }

  /** Waits at an armed point until it is released; whether there was one. */
  private boolean passBy(When when, String name) {
    if (files.armed(when, name).isEmpty() || !files.reach(when, name, "")) {
      return false;
    }
    try {
      while (files.reached(when, name).isPresent()) {
        TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return true;
  }

  /** Work of the engine. */
  interface ThrowingRunnable {
    void run() throws Exception;
  }
}
