package io.pryv.migration.process;

import io.pryv.migration.engine.Incarnation;
import io.pryv.migration.machine.Lease;
import io.pryv.migration.machine.LeaseFile;
import io.pryv.migration.machine.LeaseHolder;
import io.pryv.migration.machine.LeasedShells;
import io.pryv.migration.machine.Shells;
import io.pryv.migration.platform.Machine;
import io.pryv.migration.platform.Platform;
import io.pryv.migration.platform.StepFailure;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.camunda.bpm.engine.HistoryService;
import org.camunda.bpm.engine.history.HistoricVariableInstance;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Who this program is to the machines, and which of them its migrations hold. The application is
 * the database, so that a program that starts again on it goes on at once, and is stronger there
 * than one that was started on it before.
 */
@Component
public class Leases {

  /** The page that shows them waits no longer for a machine. */
  private static final int LOOK_SECONDS = 6;

  private final JdbcTemplate database;
  private final TransactionTemplate atOnce;
  private final PlatformShells shells;
  private final HistoryService history;
  private final Logbook logbook;
  private final Incarnation incarnation;
  private final Set<String> noted = ConcurrentHashMap.newKeySet();
  private final ExecutorService looks =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "lease-look");
            thread.setDaemon(true);
            return thread;
          });

  Leases(
      JdbcTemplate database,
      PlatformTransactionManager transactions,
      PlatformShells shells,
      HistoryService history,
      Logbook logbook,
      Incarnation incarnation) {
    this.database = database;
    this.incarnation = incarnation;
    this.shells = shells;
    this.history = history;
    this.logbook = logbook;
    atOnce = new TransactionTemplate(transactions);
    atOnce.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
  }

  /**
   * A machine of a migration, and who holds it.
   *
   * @param state {@code free}, {@code ours}, {@code held}, {@code expired}, {@code unreadable} or
   *     {@code unknown}
   * @param lease null when there is none
   * @param found what was found instead of a lease, or why the machine could not be asked
   */
  public record Held(String machine, String state, Lease lease, String found) {

    /** What must be named to break it; empty when there is nothing to break. */
    public String heldBy() {
      return switch (state) {
        case "held" -> lease.holder().migration();
        case "unreadable" -> LeaseFile.UNREADABLE;
        default -> "";
      };
    }
  }

  LeaseHolder holder(String migration, String domain, long run) {
    return new LeaseHolder(
        migration,
        incarnation.application(),
        incarnation.number(),
        run,
        domain,
        incarnation.program());
  }

  Shells ofStep(LeaseHolder holder) {
    return LeasedShells.ofStep(shells, holder, machine -> mayTake(holder, machine));
  }

  Shells ofWatch(LeaseHolder holder) {
    return LeasedShells.ofWatch(shells, holder, machine -> mayTake(holder, machine));
  }

  /**
   * The machine itself refuses whoever was overtaken there; where no lease is yet, or it has been
   * given up, only the database knows.
   */
  private boolean mayTake(LeaseHolder holder, Machine machine) {
    Boolean current =
        atOnce.execute(
            status ->
                incarnation.newest()
                    && holder.run() == logbook.newestRun(holder.migration())
                    && count(
                            "select count(*) from ACT_RU_EXECUTION where ID_ = ?",
                            holder.migration())
                        > 0);
    if (Boolean.TRUE.equals(current)) {
      note(holder.migration(), machine.name());
      return true;
    }
    return false;
  }

  private long count(String sql, Object... values) {
    return database.queryForObject(sql, Long.class, values);
  }

  /** Machines on which each migration may have a lease. */
  Map<String, Set<String>> noted() {
    Map<String, Set<String>> all = new TreeMap<>();
    database.query(
        "select MIGRATION, MACHINE from MIGRATION_LEASE",
        row -> {
          all.computeIfAbsent(row.getString("MIGRATION"), id -> new TreeSet<>())
              .add(row.getString("MACHINE"));
        });
    return all;
  }

  /** Makes the lease on that machine last, if the migration has one there. */
  void renew(String migration, String machine) {
    platform(migration)
        .ifPresent(
            platform ->
                file(platform, machine)
                    .renew(holder(migration, platform.domain(), logbook.newestRun(migration))));
  }

  /** Gives the lease on that machine up, and forgets it. */
  void release(String migration, String machine) {
    platform(migration)
        .ifPresent(
            platform ->
                file(platform, machine)
                    .release(holder(migration, platform.domain(), logbook.newestRun(migration))));
    forget(migration, machine);
  }

  void forget(String migration, String machine) {
    noted.remove(migration + " " + machine);
    atOnce.executeWithoutResult(
        status ->
            database.update(
                "delete from MIGRATION_LEASE where MIGRATION = ? and MACHINE = ?",
                migration,
                machine));
  }

  /** Asks every machine of a migration who holds it, all at the same time. */
  public List<Held> look(String migration) {
    Platform platform = platform(migration).orElseThrow(() -> unknown(migration));
    List<Machine> machines = platform.machines().toList();
    List<CompletableFuture<Held>> asked =
        machines.stream()
            .map(
                machine ->
                    CompletableFuture.supplyAsync(
                        () -> ask(migration, platform, machine.name()), looks))
            .toList();
    return machines.stream()
        .map(machine -> answer(asked.get(machines.indexOf(machine)), machine.name()))
        .toList();
  }

  /**
   * Takes a machine for this migration from whoever holds it; noted as a decision.
   *
   * @param heldBy whom the operator believes to hold it, see {@link Held#heldBy}
   * @param who decides so
   * @throws StepFailure when somebody else holds it; nothing was changed then
   */
  public void breakFor(String migration, String machine, String heldBy, String who) {
    Platform platform = platform(migration).orElseThrow(() -> unknown(migration));
    LeaseFile file = file(platform, machine);
    note(migration, machine);
    file.breakFor(holder(migration, platform.domain(), logbook.newestRun(migration)), heldBy);
    logbook.decided(migration, "lease of " + machine, who, "broken; it was held by " + heldBy);
  }

  private Held ask(String migration, Platform platform, String machine) {
    try {
      Lease.Seen seen = file(platform, machine).look();
      LeaseHolder us = holder(migration, platform.domain(), 0);
      if (seen.unreadable()) {
        return new Held(machine, "unreadable", null, seen.text());
      }
      return seen.lease()
          .map(
              lease ->
                  new Held(
                      machine,
                      lease.holder().sameMigrationAs(us)
                          ? "ours"
                          : seen.expired() ? "expired" : "held",
                      lease,
                      ""))
          .orElseGet(() -> new Held(machine, "free", null, ""));
    } catch (RuntimeException e) {
      return new Held(machine, "unknown", null, String.valueOf(e.getMessage()));
    }
  }

  private static Held answer(CompletableFuture<Held> asked, String machine) {
    try {
      return asked.get(LOOK_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return new Held(machine, "unknown", null, "no answer within " + LOOK_SECONDS + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Held(machine, "unknown", null, "this program stops");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private LeaseFile file(Platform platform, String machine) {
    shells.know(platform);
    return platform
        .machines()
        .filter(each -> each.name().equals(machine))
        .findFirst()
        .map(shells::to)
        .map(LeaseFile::new)
        .orElseThrow(
            () ->
                new NoSuchElementException(
                    "no machine %s in this migration; there are %s"
                        .formatted(machine, platform.machines().map(Machine::name).toList())));
  }

  /** Of a migration that runs, or ran and is still in the history. */
  private Optional<Platform> platform(String migration) {
    return Optional.ofNullable(
            history
                .createHistoricVariableInstanceQuery()
                .processInstanceId(migration)
                .variableName("platform")
                .singleResult())
        .map(HistoricVariableInstance::getValue)
        .map(value -> Values.fromVariable("platform", value, Platform.class));
  }

  private static NoSuchElementException unknown(String migration) {
    return new NoSuchElementException("migration " + migration + " has no platform yet");
  }

  /** Durable before the machine is touched, so that the lease is found again whatever dies. */
  private void note(String migration, String machine) {
    if (noted.contains(migration + " " + machine)) {
      return;
    }
    try {
      atOnce.executeWithoutResult(
          status ->
              database.update(
                  "insert into MIGRATION_LEASE (MIGRATION, MACHINE) values (?, ?)",
                  migration,
                  machine));
    } catch (DuplicateKeyException e) {
      // Noted by an earlier start.
    }
    noted.add(migration + " " + machine);
  }
}
