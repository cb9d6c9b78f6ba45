package io.pryv.migration.services;

import io.pryv.migration.platform.StepFailure;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Waits until services answer: each check in a thread of its own, over and over. */
final class Readiness {

  private static final Duration PAUSE = Duration.ofMillis(50);

  private Readiness() {}

  /** One sign of life. */
  interface Check {

    /** What is waited for, as in "HTTPS on 10.1.2.3". */
    String what();

    /**
     * What is wrong still; empty when it is as it should be. What it throws is a complaint, too.
     */
    Optional<String> complaint();
  }

  /** A check of that name. */
  static Check check(String what, Supplier<Optional<String>> complaint) {
    return new Check() {
      @Override
      public String what() {
        return what;
      }

      @Override
      public Optional<String> complaint() {
        return complaint.get();
      }
    };
  }

  /**
   * Does something, looking for signs of life from its very beginning, and waits until every check
   * has passed once.
   *
   * @return how long each took, in the order of the checks
   * @throws StepFailure when one has not passed at the deadline
   */
  static Map<String, Duration> after(
      Runnable start, String machine, List<Check> checks, Duration deadline) {
    long begin = System.nanoTime();
    ConcurrentMap<String, Duration> passed = new ConcurrentHashMap<>();
    ConcurrentMap<String, String> complaints = new ConcurrentHashMap<>();
    ExecutorService threads = Executors.newFixedThreadPool(checks.size());
    try {
      for (Check check : checks) {
        threads.execute(() -> insist(check, begin, passed, complaints));
      }
      threads.shutdown();
      start.run();
      Duration left = deadline.minusNanos(System.nanoTime() - begin);
      if (!threads.awaitTermination(Math.max(0, left.toMillis()), TimeUnit.MILLISECONDS)) {
        throw late(machine, checks, deadline, passed, complaints);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw late(machine, checks, deadline, passed, complaints);
    } finally {
      threads.shutdownNow();
    }
    Map<String, Duration> ordered = new LinkedHashMap<>();
    for (Check check : checks) {
      ordered.put(check.what(), passed.get(check.what()));
    }
    return ordered;
  }

  private static void insist(
      Check check,
      long begin,
      ConcurrentMap<String, Duration> passed,
      ConcurrentMap<String, String> complaints) {
    while (!Thread.currentThread().isInterrupted()) {
      Optional<String> complaint = complaint(check);
      if (complaint.isEmpty()) {
        passed.put(check.what(), Duration.ofNanos(System.nanoTime() - begin));
        return;
      }
      complaints.put(check.what(), complaint.get());
      try {
        Thread.sleep(PAUSE.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static Optional<String> complaint(Check check) {
    try {
      return check.complaint();
    } catch (RuntimeException noAnswer) {
      // Whatever it is: a check that ended without passing would count as passed.
      return Optional.of(String.valueOf(noAnswer.getMessage()));
    }
  }

  private static StepFailure late(
      String machine,
      List<Check> checks,
      Duration deadline,
      Map<String, Duration> passed,
      Map<String, String> complaints) {
    return new StepFailure(
        machine,
        "wait until the services answer",
        checks.stream().map(Check::what).collect(Collectors.joining(", "))
            + " within "
            + deadline.toSeconds()
            + " s",
        checks.stream()
            .map(Check::what)
            .filter(what -> !passed.containsKey(what))
            .map(what -> what + ": " + complaints.getOrDefault(what, "no answer yet"))
            .collect(Collectors.joining("; ")),
        "look at `docker ps` and the logs of the services named, then retry the step");
  }
}
