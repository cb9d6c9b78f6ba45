package io.pryv.migration.process;

import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.CommandResult;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.Shells;
import io.pryv.migration.platform.Machine;
import java.net.Socket;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The engine's transaction around a step. Until the step's end the engine has only read in it, and
 * what it writes then checks the revision of each row. So it need not stay open while machines are
 * at work: a database that ends idle transactions (PostgreSQL, idle_in_transaction_session_timeout)
 * would undo a step that is done.
 */
@Component
final class StepTransaction {

  private final DataSource database;

  StepTransaction(DataSource database) {
    this.database = database;
  }

  /** Ends it in this thread, where there is one; the next statement begins another. */
  void release() {
    if (TransactionSynchronizationManager.getResource(database) instanceof ConnectionHolder held
        && TransactionSynchronizationManager.isActualTransactionActive()) {
      try {
        held.getConnection().commit();
      } catch (SQLException gone) {
        throw new DataAccessResourceFailureException("the engine's connection is lost", gone);
      }
    }
  }

  /** Shells that keep none open while a command runs. */
  Shells releasedBy(Shells shells) {
    return machine -> new Releasing(shells.to(machine));
  }

  private final class Releasing implements Shell {

    private final Shell shell;

    Releasing(Shell shell) {
      this.shell = shell;
    }

    @Override
    public Machine machine() {
      return shell.machine();
    }

    @Override
    public CommandResult run(Command command) {
      release();
      return shell.run(command);
    }

    @Override
    public Socket connect(String host, int port) {
      release();
      return shell.connect(host, port);
    }
  }
}
