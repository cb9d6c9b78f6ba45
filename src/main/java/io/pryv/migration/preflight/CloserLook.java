package io.pryv.migration.preflight;

import io.pryv.migration.machine.AsRoot;
import io.pryv.migration.machine.Command;
import io.pryv.migration.machine.NginxContainer;
import io.pryv.migration.machine.Quote;
import io.pryv.migration.machine.Shell;
import io.pryv.migration.machine.TlsFiles;
import io.pryv.migration.platform.Layout;
import io.pryv.migration.platform.Machine;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The second look at a machine, once its layout is known: data, disks, certificates, the others.
 */
final class CloserLook {

  /** Who else is reached from a machine: {@code reach.ssh.NAME}, {@code reach.https.NAME}. */
  private static final String FUNCTIONS =
      """
      reach() {
        local answer
        if answer=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1); then
          echo open
        else
          case $answer in '') echo "no answer within 5 s" ;; *) echo "${answer##*: }" ;; esac
        fi
      }
      disk() {
        local path=$1
        while [ ! -d "$path" ] && [ "$path" != / ]; do path=$(dirname -- "$path"); done
        df -PB1 -- "$path" | tail -n 1
      }
      """;

  private static final String LOOK =
      """
      readlink -f -- "$data" | fact data.path
      if [ -d "$data" ]; then
        echo yes | fact data.exists
        stat -L -c %u:%g -- "$data" | fact data.owner
        find -H "$data" -mindepth 1 -printf '%U:%G\\n' 2>/dev/null | sort -u | fact data.owners
        find -H "$data" -mindepth 1 -type l -print 2>/dev/null | head -n 5 | fact data.symlinks
        du -sb -- "$(readlink -f -- "$data")" 2>/dev/null | cut -f 1 | fact data.bytes
      fi
      tools='for tool in bash ssh redis-cli timeout; do if command -v $tool >/dev/null; then echo $tool; fi; done'
      disk "$data" | fact data.disk
      disk "$backup" | fact backup.disk
      for path in "$compose_file" "$redis_conf" "$site" "$(dirname -- "$redis_conf")" "$(dirname -- "$site")"; do
        if [ "$path" != . ] && [ -n "$path" ] && [ ! -w "$path" ]; then echo "$path"; fi
      done | fact unwritable
      words=$(mktemp)
      config=$(cd "$root" && $compose -f "$compose_file" config 2>"$words" </dev/null)
      echo "$?" | fact compose.exit
      printf '%s\\n' "$config" | fact compose.config
      head -c 2000 "$words" | fact compose.words
      rm -f -- "$words"
      if [ -n "$redis_image" ] && docker image inspect -f '{{.Id}}' "$redis_image" >/dev/null 2>&1 </dev/null; then
        docker run --rm --network none --read-only --entrypoint redis-server "$redis_image" --version 2>/dev/null </dev/null |
          sed -n 's/.*v=\\([0-9.]*\\).*/\\1/p' | fact redis.imageversion
        docker run --rm --network none --read-only --entrypoint sh "$redis_image" -c "$tools" 2>/dev/null </dev/null | fact redis.tools
      else
        docker exec "$redis" sh -c "$tools" 2>/dev/null </dev/null | fact redis.tools
      fi
      if [ -n "$rrsync" ]; then
        export rrsync data called='shift; SSH_ORIGINAL_COMMAND="$*" exec "$rrsync" -ro "$data"'
        said=$(rsync --archive --numeric-ids --compress --dry-run -e "bash -c 'eval \\$called' x" \
          host:. "$HOME/.register-migration-dry-run/" 2>&1 >/dev/null </dev/null)
        # 24: a file has vanished meanwhile.
        case $? in 0 | 24) ;; *) printf '%s' "$said" | head -c 500 | fact rrsync.problem ;; esac
      fi
      renews='certbot|letsencrypt|acme|dehydrated|getssl|[^a-z]lego([^a-z]|$)|(renew|update)-?(ssl|cert)|ssl[-_]certificate'
      {
        docker ps -a --format 'container {{.Names}} ({{.Image}})' 2>/dev/null </dev/null | grep -iE "$renews"
        { crontab -l; cat /etc/crontab /etc/cron.d/* /etc/cron.daily/* /etc/cron.weekly/* /etc/cron.monthly/*; } 2>/dev/null </dev/null |
          grep -v '^ *#' | grep -iE "$renews" | sed 's/^/cron: /'
        systemctl list-timers --no-pager --no-legend 2>/dev/null </dev/null | grep -ioE '[^ ]*('"$renews"')[^ ]*' | sed 's/^/timer: /'
      } | cut -c 1-120 | sort -u | head -n 5 | fact tls.renewers
      if [ -d "$dns_conf" ]; then
        grep -rnF -- "$source_address" "$dns_conf" 2>/dev/null | cut -d: -f 1,2 | head -n 20 | fact dns.source
      fi
      """;

  private CloserLook() {}

  /** Another machine as this one should reach it. */
  record Peer(Machine machine, boolean https) {}

  /**
   * Looks.
   *
   * @param redisImage the image whose {@code redis-server} is asked for its version, in a container
   *     without network that is gone at once; empty where Redis itself can be asked
   * @param rrsync path of it, which is tried on the data as the sync will call it; empty where none
   *     will be needed
   * @param certificates paths of certificates and their keys on the machine
   */
  static Facts of(
      Machine machine,
      Shell shell,
      Layout layout,
      String redisImage,
      String backupDirectory,
      List<TlsFiles> certificates,
      List<Peer> peers,
      String dnsConfDirectory,
      String sourceAddress,
      String rrsync) {
    StringBuilder script = new StringBuilder(Facts.FUNCTION).append(FUNCTIONS);
    script.append("root=").append(Quote.sh(machine.confRoot())).append('\n');
    script.append("data=").append(Quote.sh(layout.dataDirectory())).append('\n');
    script.append("compose=").append(Quote.sh(layout.composeCommand())).append('\n');
    script.append("compose_file=").append(Quote.sh(layout.composeFile())).append('\n');
    script.append("redis_conf=").append(Quote.sh(layout.redisConfFile())).append('\n');
    script.append("site=").append(Quote.sh(layout.nginxSiteFile())).append('\n');
    script.append("redis=").append(Quote.sh(layout.redisContainer())).append('\n');
    script.append("redis_image=").append(Quote.sh(redisImage)).append('\n');
    script
        .append("backup=")
        .append(backupDirectory.isEmpty() ? "$HOME" : Quote.sh(backupDirectory))
        .append('\n');
    script.append("dns_conf=").append(Quote.sh(dnsConfDirectory)).append('\n');
    script.append("source_address=").append(Quote.sh(sourceAddress)).append('\n');
    script.append("rrsync=").append(Quote.sh(rrsync)).append('\n');
    script.append(LOOK);
    if (!layout.nginxContainer().isEmpty()) {
      script
          .append("(\n")
          .append(NginxContainer.dump(layout))
          .append(") </dev/null | fact nginx.configuration\n");
    }
    script.append(
        IntStream.range(0, certificates.size())
            .mapToObj(i -> look(certificates.get(i), i))
            .collect(Collectors.joining()));
    for (Peer peer : peers) {
      script.append(look(peer));
    }
    Command look =
        Command.look(
                "look closer: data, disks, certificates, the other machines",
                AsRoot.unless("! " + AsRoot.POSSIBLE, script.toString()))
            .within(Duration.ofMinutes(2));
    return Facts.parse(shell.run(look).output());
  }

  private static String look(Peer peer) {
    Machine machine = peer.machine();
    String address = Quote.sh(machine.publicAddress());
    String ssh =
        """
        reach %1$s %2$d | fact reach.ssh.%3$s
        ssh-keyscan -T 5 -p %2$d %1$s 2>/dev/null </dev/null | fact keyscan.%3$s
        """
            .formatted(address, machine.port(), machine.name());
    return peer.https()
        ? ssh + "reach %s 443 | fact reach.https.%s\n".formatted(address, machine.name())
        : ssh;
  }

  private static String look(TlsFiles files, int index) {
    return """
        if [ -r %1$s ]; then fact certificate.%3$d <%1$s; fi
        if [ -r %2$s ]; then
          echo yes | fact key.%3$d
          if command -v openssl >/dev/null; then
            openssl pkey -in %2$s -passin pass: -pubout 2>/dev/null </dev/null | fact keypub.%3$d
            openssl x509 -in %1$s -noout -pubkey 2>/dev/null </dev/null | fact certpub.%3$d
          fi
        fi
        """
        .formatted(Quote.sh(files.certificate()), Quote.sh(files.key()), index);
  }
}
