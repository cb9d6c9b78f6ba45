package io.pryv.lab.traffic;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which machine took each acknowledged write, as the access logs of the machines' nginx tell: a
 * proof that needs nothing of the register, which does not say which Redis it writes to.
 *
 * <p>A writer's name for itself holds the user whom it registers. One nginx leads to its own
 * register or to the other nginx, whose log then has a line of that user too, with the first one's
 * address: followed to its end, it tells where the write was taken. On the way back a request may
 * come to source, be passed on to dest, wait there, and be taken on source.
 *
 * <p>{@code AccessLogs LEDGER MACHINE=ADDRESS=LOG …} prints {@code {"handOvers":[…],"twoWriters":…,
 * "notFound":[…]}}; ends with 2 when that cannot be said.
 */
public final class AccessLogs {

  /** nginx's format {@code combined}: client, request, status, and what the client calls itself. */
  private static final Pattern TAKEN =
      Pattern.compile("(\\S+) .*\"POST /user[ ?].*\" 200 .*\"" + Writers.USER_AGENT + "([^\"]+)\"");

  /** nginx goes on answering for a moment after its disk takes nothing more. */
  private static final Duration WITHOUT_DISK = Duration.ofSeconds(2);

  /** A kernel writes at the latest after half a minute what nobody has synced. */
  private static final Duration UNSYNCED = Duration.ofSeconds(35);

  private final Map<String, Machine> machines = new LinkedHashMap<>();
  private final Map<String, List<Instant>> powerCuts = new LinkedHashMap<>();

  /** One machine: its address, and from which clients each user came whom its nginx saw created. */
  private record Machine(String address, Map<String, List<String>> clientsOfUser) {}

  /**
   * Who took them.
   *
   * @param tenures with the machine in place of the {@code run_id}
   * @param handOvers the machines in the order in which they took writes
   * @param notFound names that no log has
   * @param contradictions where the {@code run_id} of an answer is another machine's
   */
  public record Takers(
      List<Tenure> tenures,
      List<String> handOvers,
      List<String> notFound,
      List<String> contradictions) {}

  public static void main(String[] arguments) {
    try {
      AccessLogs logs = new AccessLogs();
      for (String argument : List.of(arguments).subList(1, arguments.length)) {
        String[] parts = argument.split("=", 3);
        logs.with(parts[0], parts[1], Files.readString(Path.of(parts[2])));
      }
      Takers takers = logs.takers(Path.of(arguments[0]), Map.of());
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("handOvers", takers.handOvers);
      json.put("twoWriters", takers.tenures.stream().anyMatch(Tenure::interleaved));
      json.put("notFound", takers.notFound);
      System.out.println(new ObjectMapper().writeValueAsString(json));
    } catch (IOException | RuntimeException e) {
      System.err.println("Cannot tell who took the writes: " + e);
      System.exit(2);
    }
  }

  /** Adds what a machine's nginx wrote. */
  public AccessLogs with(String machine, String address, String log) {
    Map<String, List<String>> clients = new LinkedHashMap<>();
    for (String line : log.split("\n", -1)) {
      Matcher matcher = TAKEN.matcher(line);
      if (matcher.lookingAt()) {
        clients.computeIfAbsent(matcher.group(2), user -> new ArrayList<>()).add(matcher.group(1));
      }
    }
    machines.put(machine, new Machine(address, clients));
    return this;
  }

  /**
   * Says that a machine has lost its power, and so the last lines of its log: of a write right
   * before that they prove nothing by their absence, and the {@code run_id} decides.
   */
  public AccessLogs cut(String machine, Instant at) {
    powerCuts.computeIfAbsent(machine, none -> new ArrayList<>()).add(at);
    return this;
  }

  /**
   * Looks for each write of a ledger.
   *
   * @param machineOfRunId the machine of each Redis that is known by its {@code run_id}
   */
  public Takers takers(Path ledger, Map<String, String> machineOfRunId) throws IOException {
    List<Tenure.Write> writes = new ArrayList<>();
    List<String> notFound = new ArrayList<>();
    List<String> contradictions = new ArrayList<>();
    for (String line : Files.readAllLines(ledger)) {
      String[] columns = line.split("\t", -1);
      String other = machineOfRunId.get(columns[3]);
      Instant acknowledged = Instant.parse(columns[2]);
      Optional<String> machine =
          mayLackLine(other, acknowledged) ? Optional.of(other) : taker(columns[0]);
      if (machine.isEmpty()) {
        notFound.add(columns[0]);
        continue;
      }
      writes.add(new Tenure.Write(Instant.parse(columns[4]), acknowledged, machine.get()));
      if (other != null && !other.equals(machine.get())) {
        contradictions.add(
            columns[0] + " was taken on " + machine.get() + ", by a Redis that ran on " + other);
      }
    }
    return new Takers(
        Tenure.of(writes),
        Tenure.handOvers(writes),
        List.copyOf(notFound),
        List.copyOf(contradictions));
  }

  private boolean mayLackLine(String machine, Instant written) {
    return machine != null
        && powerCuts.getOrDefault(machine, List.of()).stream()
            .anyMatch(
                cut ->
                    !written.isAfter(cut.plus(WITHOUT_DISK))
                        && written.isAfter(cut.minus(UNSYNCED)));
  }

  private Optional<String> taker(String user) {
    Map<String, List<String>> unread = new LinkedHashMap<>();
    machines.forEach(
        (name, machine) ->
            unread.put(name, new ArrayList<>(machine.clientsOfUser.getOrDefault(user, List.of()))));
    Optional<String> last = Optional.empty();
    Optional<String> at =
        next(unread, client -> !isMachine(client)).or(() -> next(unread, client -> true));
    while (at.isPresent()) {
      last = at;
      String passedOnBy = machines.get(at.get()).address;
      at = next(unread, passedOnBy::equals);
    }
    return last;
  }

  /** The machine that has a line of such a client; the line is read then. */
  private static Optional<String> next(
      Map<String, List<String>> unread, Predicate<String> ofClient) {
    for (Map.Entry<String, List<String>> machine : unread.entrySet()) {
      for (String client : machine.getValue()) {
        if (ofClient.test(client)) {
          machine.getValue().remove(client);
          return Optional.of(machine.getKey());
        }
      }
    }
    return Optional.empty();
  }

  private boolean isMachine(String client) {
    return machines.values().stream().anyMatch(machine -> machine.address.equals(client));
  }
}
