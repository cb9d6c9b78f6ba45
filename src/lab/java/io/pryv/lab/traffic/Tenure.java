package io.pryv.lab.traffic;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The time during which one Redis took writes.
 *
 * @param runId that Redis
 * @param first when its first write was acknowledged
 * @param last when its last one was
 * @param interleaved whether it took a write that was sent after a later Redis had acknowledged
 *     one: the proof that there were two writers
 */
public record Tenure(String runId, int writes, Instant first, Instant last, boolean interleaved) {

  /** In place of a {@code run_id} where the answer named none, as the original's does not. */
  static final String NOT_TOLD = "not told";

  /** An acknowledged write. */
  public record Write(Instant sent, Instant acknowledged, String runId) {}

  /**
   * The Redis in the order in which they took writes, once for each time: a live cut-over that is
   * rolled back leads from source's to dest's and to the same one of source's again. A late answer
   * to a write that was sent before the other one's first is no return.
   */
  public static List<String> handOvers(Collection<Write> writes) {
    List<String> order = new ArrayList<>();
    Instant began = null;
    for (Write write : writes.stream().sorted(Comparator.comparing(Write::acknowledged)).toList()) {
      boolean another = order.isEmpty() || !order.get(order.size() - 1).equals(write.runId);
      if (another && (began == null || write.sent.isAfter(began))) {
        order.add(write.runId);
        began = write.acknowledged;
      }
    }
    return order;
  }

  /** The Redis that took the writes, in order of appearance. */
  public static List<Tenure> of(Collection<Write> writes) {
    Map<String, List<Write>> byRedis = new LinkedHashMap<>();
    writes.stream()
        .sorted(Comparator.comparing(Write::acknowledged))
        .forEach(write -> byRedis.computeIfAbsent(write.runId, id -> new ArrayList<>()).add(write));
    List<Tenure> tenures = new ArrayList<>();
    List<List<Write>> groups = List.copyOf(byRedis.values());
    for (int i = 0; i < groups.size(); i++) {
      List<Write> own = groups.get(i);
      // Groups are in order of their first acknowledgement, so the next one has the earliest.
      Instant successor = i + 1 < groups.size() ? groups.get(i + 1).get(0).acknowledged : null;
      tenures.add(
          new Tenure(
              own.get(0).runId,
              own.size(),
              own.get(0).acknowledged,
              own.get(own.size() - 1).acknowledged,
              successor != null && own.stream().anyMatch(w -> w.sent.isAfter(successor))));
    }
    return tenures;
  }
}
