package io.pryv.migration.services;

import io.pryv.migration.machine.Container;
import io.pryv.migration.machine.Containers;
import io.pryv.migration.platform.Register;
import io.pryv.migration.platform.StepFailure;
import io.pryv.migration.redis.RedisDoor;
import io.pryv.migration.redis.RedisServer;
import io.pryv.migration.redis.RoleFile;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Brings source's services up while dest is the writer. Their register and dns begin with a write,
 * so source's Redis must take writes for that moment; it may only while no client's request can get
 * there. So nginx is started first and alone, and nothing else before it is proven that it leads to
 * dest: where it does not take its file, it may lead to source's own register, which would be a
 * second writer.
 */
final class SourceBehindDest {

  /** For nginx to start its workers. */
  private static final Duration NGINX_STARTS = Duration.ofSeconds(10);

  private final Register source;
  private final Containers containers;
  private final RoleFile file;
  private final RedisDoor door;
  private final Start start;
  private final Supplier<Optional<String>> objection;

  /**
   * A way to bring it up.
   *
   * @param objection what speaks against that nginx leads every client away from source's own
   *     register; empty when that is proven
   */
  SourceBehindDest(
      Register source,
      Containers containers,
      RoleFile file,
      RedisDoor door,
      Start start,
      Supplier<Optional<String>> objection) {
    this.source = source;
    this.containers = containers;
    this.file = file;
    this.door = door;
    this.start = start;
    this.objection = objection;
  }

  /**
   * Brings it up.
   *
   * @return what was done, in words
   * @throws StepFailure when nginx is not proven to lead to dest; source's Redis is down then, or
   *     refuses writes
   */
  String stand() {
    List<Container> now = containers.look();
    boolean redisRuns = up(now, source.layout().redisContainer());
    if (!up(now, source.layout().nginxContainer())) {
      containers.startNginx();
    }
    requireNginxLeadsAway(redisRuns);
    if (!redisRuns) {
      file.writer();
    }
    String said = start.asProxy();
    requireNginxLeadsAway(true);
    return said;
  }

  private void requireNginxLeadsAway(boolean redisRuns) {
    try {
      Readiness.after(
          () -> {},
          source.machine().name(),
          List.of(Readiness.check("nginx that leads every client to dest", objection)),
          NGINX_STARTS);
    } catch (StepFailure notProven) {
      if (redisRuns) {
        file.fenced();
        try (RedisServer redis = door.open(source)) {
          redis.fence();
        }
      }
      throw new StepFailure(
          source.machine().name(),
          source.layout().nginxSiteFile() + " as nginx has read it",
          "every request led to dest, which is the writer, before source's own Redis takes a write",
          notProven.found(),
          "correct that (the step that prepared the file shows it; `nginx -t` in its container tells"
              + " what nginx refuses), then retry. Source's Redis "
              + (redisRuns ? "refuses writes" : "was not started"),
          notProven);
    }
  }

  private static boolean up(List<Container> containers, String name) {
    return containers.stream().anyMatch(c -> c.name().equals(name) && c.up());
  }
}
