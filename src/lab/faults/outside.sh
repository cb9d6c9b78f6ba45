# shellcheck shell=bash
# What can be seen from outside: by clients, and on the machines' disks.

tree() {
  on "$1" sh -c 'cd / && find var/pryv root/.ssh -path "*/redis/data" -prune -o -path "*/log" -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; docker ps --format "{{.Names}} runs" | sort'
}

remember_trees() { local machine; for machine in source dest; do tree "$machine" >"$WORK/tree-$machine"; done; }

outcome() { call "$BASE/api/migrations/$1/report.json" | jq -r .outcome; }

# look_from_outside MIGRATION OUTCOME : leaves target/faults/seen.json
look_from_outside() {
  local migration=$1 ended=$2 writer=10.90.0.12 machine differ=''
  if [ "$ended" != completed ]; then writer=10.90.0.11; fi
  java -cp 'target/lab/lib/*' io.pryv.lab.traffic.CheckLedger --ledger "$(jq -r .ledger "$WORK/traffic.json")" --redis $writer:6379 >"$WORK/ledger.json" || [ $? -eq 1 ]
  if [ "$ended" = rolledBack ] || [ "$ended" = aborted ]; then
    for machine in source dest; do
      differ+=$(diff "$WORK/tree-$machine" <(tree "$machine") | sed -n "s/^[<>]/$machine: &/p" | head -n 5)
    done
  fi
  call "$BASE/api/migrations/$migration/report.json" >"$WORK/migration.json"
  jq -n --slurpfile traffic "$WORK/traffic.json" --slurpfile ledger "$WORK/ledger.json" --arg differ "$differ" '
    $traffic[0] as $t | {
      lost: $ledger[0].lost, acknowledged: $t.writes.acknowledged, refused: $t.writes.refused,
      wrongAnswers: ($t.http.wrongAnswers + $t.keepAlive.wrongAnswers),
      oneWriter: ($t.writes.redisRunIds | all(.interleaved == false)),
      writers: ($t.writes.redisRunIds | map("\(.runId[0:8]) \(.writes)") | join(", ")),
      httpOutageMs: $t.http.outageMs, dnsOutageMs: $t.dns.outageMs, writesOutageMs: $t.writes.outageMs,
      acknowledgedAtEnd: (($t.writes.windows | last | .open) != true), treesDiffer: $differ}' >"$WORK/seen.json"
}
