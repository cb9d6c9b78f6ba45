package io.pryv.lab.traffic;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.pryv.lab.standin.RedisLink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Proves that a Redis has every user whom {@link Traffic} was told it had registered: {@code
 * CheckLedger --ledger FILE --redis HOST:PORT}.
 *
 * <p>Prints {@code {"acknowledged":…,"lost":…,"lostNames":[…]}}; ends with 0 when nothing was lost,
 * 1 when something was, 2 when that cannot be said.
 */
public final class CheckLedger {
  private static final int BATCH = 200;
  private static final int ANSWER_SECONDS = 30;

  private CheckLedger() {}

  /** What was found. */
  public record Result(int acknowledged, List<String> lostNames) {}

  /** One line of the ledger. */
  private record Entry(String name, String email) {}

  public static void main(String[] arguments) throws IOException {
    List<String> given = List.of(arguments);
    int ledger = given.indexOf("--ledger");
    int redis = given.indexOf("--redis");
    if (given.size() != 4 || ledger < 0 || redis < 0) {
      System.err.println("Usage: CheckLedger --ledger FILE --redis HOST:PORT");
      System.exit(2);
    }
    String[] address = given.get(redis + 1).split(":", 2);
    Path file = Path.of(given.get(ledger + 1));
    try (RedisLink link = new RedisLink(address[0], Integer.parseInt(address[1]))) {
      Result result = check(file, link);
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("acknowledged", result.acknowledged);
      json.put("lost", result.lostNames.size());
      json.put("lostNames", result.lostNames);
      System.out.println(new ObjectMapper().writeValueAsString(json));
      System.exit(result.lostNames.isEmpty() ? 0 : 1);
    } catch (IOException | RuntimeException e) {
      System.err.println("Cannot check the ledger: " + e.getMessage());
      System.exit(2);
    }
  }

  /** Looks for the three keys of each name in the ledger. */
  public static Result check(Path ledger, RedisLink redis) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (String line : Files.readAllLines(ledger)) {
      String[] columns = line.split("\t", -1);
      entries.add(new Entry(columns[0], columns[1]));
    }
    List<String> lost = new ArrayList<>();
    for (int from = 0; from < entries.size(); from += BATCH) {
      List<Entry> batch = entries.subList(from, Math.min(from + BATCH, entries.size()));
      List<CompletableFuture<Boolean>> answers =
          batch.stream().map(entry -> present(entry, redis)).toList();
      for (int i = 0; i < batch.size(); i++) {
        if (!get(answers.get(i))) {
          lost.add(batch.get(i).name);
        }
      }
    }
    return new Result(entries.size(), lost);
  }

  private static CompletableFuture<Boolean> present(Entry entry, RedisLink redis) {
    CompletableFuture<RedisLink.Reply> user = redis.send("HGET", entry.name + ":users", "username");
    CompletableFuture<RedisLink.Reply> server = redis.send("GET", entry.name + ":server");
    return redis
        .send("GET", entry.email + ":email")
        .thenApply(
            email ->
                // Answers come in order, so the two before this one are there.
                entry.name.equals(email.value())
                    && entry.name.equals(user.join().value())
                    && server.join().value() != null);
  }

  private static boolean get(CompletableFuture<Boolean> answer) throws IOException {
    try {
      return answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no answer from Redis in " + ANSWER_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
