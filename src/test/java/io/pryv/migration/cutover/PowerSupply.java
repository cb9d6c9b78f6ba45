package io.pryv.migration.cutover;

import io.pryv.lab.standin.RedisProcess;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * What a Redis is fed by: cut, it is gone, and of its append-only file is left what was on the disk
 * for sure, that is, what it had written when it last began a sync that came to its end. {@code
 * strace} sees that; a mere kill would leave what the kernel has taken, too.
 */
final class PowerSupply implements AutoCloseable {

  private static final Pattern WRITE = call("write", "\\(\\d+<(.*?\\.aof)>, .*= (\\d+)");
  private static final Pattern SYNC = call("f(?:data)?sync", "\\(\\d+<(.*?\\.aof)>(\\) += 0)?.*");
  private static final Pattern SYNCED = call("<\\.\\.\\. f(?:data)?sync resumed>", ".*= 0");

  private final RedisProcess redis;
  private final Path trace;
  private final Process strace;
  private final Map<String, Long> sizes = new HashMap<>();

  private static Pattern call(String name, String behind) {
    return Pattern.compile("(\\d+) +" + name + behind);
  }

  /** What it has written so far counts as on its disk. */
  PowerSupply(RedisProcess redis) throws IOException {
    this.redis = redis;
    this.trace = Files.createTempFile("strace-", "");
    try (Stream<Path> files = Files.walk(redis.directory())) {
      for (Path file : files.filter(each -> each.toString().endsWith(".aof")).toList()) {
        sizes.put(file.toString(), Files.size(file));
      }
    }
    strace =
        new ProcessBuilder(
                "strace",
                "-f",
                "-y",
                "-s",
                "0",
                "-e",
                "trace=write,fsync,fdatasync",
                "-o",
                trace.toString(),
                "-p",
                String.valueOf(redis.pid()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                Files.readString(Path.of("/proc/" + redis.pid() + "/status"))
                    .contains("TracerPid:\t" + strace.pid()));
  }

  /** Cuts it. */
  void cut() throws Exception {
    ProcessHandle.of(redis.pid())
        .orElseThrow()
        .descendants()
        .forEach(ProcessHandle::destroyForcibly);
    redis.kill();
    if (!strace.waitFor(20, TimeUnit.SECONDS)) {
      throw new IllegalStateException("strace outlives what it looks at");
    }
    Map<String, Long> onDisk = new HashMap<>(sizes);
    Map<String, Map.Entry<String, Long>> under = new HashMap<>();
    for (String line : Files.readAllLines(trace)) {
      Matcher write = WRITE.matcher(line);
      Matcher sync = SYNC.matcher(line);
      Matcher synced = SYNCED.matcher(line);
      if (write.matches()) {
        sizes.merge(write.group(2), Long.valueOf(write.group(3)), Long::sum);
      } else if (sync.matches()) {
        String file = sync.group(2);
        long size = sizes.getOrDefault(file, 0L);
        if (sync.group(3) == null) {
          under.put(sync.group(1), Map.entry(file, size));
        } else {
          onDisk.put(file, size);
        }
      } else if (synced.matches()) {
        Map.Entry<String, Long> begun = under.get(synced.group(1));
        onDisk.put(begun.getKey(), begun.getValue());
      }
    }
    for (String file : sizes.keySet()) {
      if (Files.notExists(Path.of(file))) {
        // A rewrite has taken its place, which ended with a sync.
        continue;
      }
      try (FileChannel channel = FileChannel.open(Path.of(file), StandardOpenOption.WRITE)) {
        channel.truncate(onDisk.getOrDefault(file, 0L));
      }
    }
  }

  @Override
  public void close() throws IOException {
    strace.destroyForcibly();
    Files.deleteIfExists(trace);
  }
}
