# shellcheck shell=bash
# The cells of the fault matrix: every step × every fault, what becomes of each, and which share a run.

FAULTS=(killed-before killed-during killed-after ssh-cut unreachable command-fails disk-full container-dies
  source-rebooted docker-restarted rollback retried-twice)

# The service tasks that the engine runs as jobs, in the order of the diagram; those of the way back are not steps to it.
steps() {
  sed -n '/<bpmn:subProcess id="rollback"/,/<bpmn:subProcess id="rollback"/!{s/.*<bpmn:serviceTask id="\([A-Za-z]*\)".*camunda:asyncBefore="true".*/\1/p}' \
    <(awk '/triggeredByEvent="true"/ {skip=1} !skip {print} skip && /<\/bpmn:subProcess>/ {skip=0}' bpmn/register-migration.bpmn)
}

# Where a step works: the machine whose loss it must bear.
machine_of() {
  case $1 in
    backUp | makeTunnelKey | prepareWindow | stopSource | proxySource | startSource | compareBeforeFollow | openTunnel \
      | followDest | watchQuiet | retireSource | closeTunnel) echo source ;;
    *) echo dest ;;
  esac
}

next_step() { steps | grep -xA1 "$1" | tail -n +2; }

# fate STEP FAULT: "run", "folded into CELL: why", or "cannot happen: why".
fate() {
  local step=$1 fault=$2
  case $step:$fault in
    *:killed-after)
      if [ -n "$(next_step "$step")" ]; then
        echo "folded into $(next_step "$step") × killed-before: between two steps there is one state"
      else echo run; fi ;;
    prepareGate:* | listRecords:* | watchDelegation:* | writeReport:* | writeAbortReport:*)
      case $fault in
        killed-before | killed-during | rollback) [ "$step" = writeReport ] && [ "$fault" = rollback ] && { echo "cannot happen: source is retired"; return; }; echo run ;;
        source-rebooted) echo "folded into followDest × source-rebooted: the step reaches no machine" ;;
        *) echo "cannot happen: the step reaches no machine over ssh" ;;
      esac ;;
    putSourceBack:* | undoPreparation:*) echo "folded into the fault that leads here" ;;
    *:disk-full)
      case $step in
        launchDest | bulkSync | preSync | lastSync | startDest) echo run ;;
        *) echo "cannot happen: the step writes nothing to dest's data directory" ;;
      esac ;;
    *:container-dies)
      case $step in
        launchDest | stopDest | publishRedisPort | bulkSync | preSync | lastSync | proveCopy) echo "cannot happen: dest's containers are stopped, or not started yet" ;;
        stopSource | startSource) echo "folded into $step × source-rebooted: which ends all of them" ;;
        *) echo run ;;
      esac ;;
    retireSource:rollback | closeTunnel:rollback | removeKeys:rollback) echo "cannot happen: source is retired" ;;
    readPlatformFile:* | preflight:*)
      case $fault in rollback) echo "cannot happen: nothing is touched yet" ;; *) echo run ;; esac ;;
    *:retried-twice) echo run ;;
    *) echo run ;;
  esac
}

known_cell() { steps | grep -qx "${1%%:*}" && printf '%s\n' "${FAULTS[@]}" | grep -qx "${1#*:}"; }

expected_end() { case ${1#*:} in rollback) echo rolledBack ;; *) echo completed ;; esac; }

list_cells() {
  local step fault
  for step in $(steps); do
    for fault in "${FAULTS[@]}"; do printf '%s × %s\t%s\n' "$step" "$fault" "$(fate "$step" "$fault")"; done
  done | column -t -s $'\t'
}

# A run a line: cells that share one migration. What goes on by itself shares it with its like; what ends a
# migration, or sends it back to the gate, has one for itself.
full_runs() {
  local fault step
  for fault in "${FAULTS[@]}"; do
    for step in $(steps); do
      [ "$(fate "$step" "$fault")" = run ] || continue
      case $fault in
        killed-* | ssh-cut) printf '%s:%s ' "$step" "$fault" ;;
        *) printf '%s:%s\n' "$step" "$fault" ;;
      esac
    done | fold_line
  done
}

# At most eight cells a line.
fold_line() { xargs -r -n 8 | if [ "$fault" = killed-before ] || [ "$fault" = killed-during ] || [ "$fault" = ssh-cut ]; then cat; else xargs -r -n 1; fi; }

smoke_runs() {
  cat <<'RUNS'
launchDest:killed-during bulkSync:ssh-cut stopSource:killed-during startDest:killed-during followDest:killed-during verifyDns:unreachable retireSource:killed-before
lastSync:command-fails startSource:retried-twice openTunnel:source-rebooted
stopSource:rollback
listRecords:rollback
RUNS
}

all_have_results() {
  local cell
  for cell in "$@"; do [ -e "$RESULTS/${cell/:/--}.json" ] || return 1; done
}

# docs/faults.md, from the results that are there.
write_table() {
  local step fault file
  printf '# What if something dies in the middle?\n\n'
  printf 'Each step of the process × each fault, injected on the practice platform under traffic with %s users by `script/faults`; the engine holds the step, so that the fault comes at a named point. Afterwards, from outside: every acknowledged registration is found again, the writers follow each other without interleaving, no answer was wrong, and the migration has ended *completed* or, after a rollback, *rolledBack* with every file as before. Last written %(%Y-%m-%d)T on %s cores.\n\n' "$LAB_USERS" -1 "$(nproc)"
  printf '| step | fault | outcome | HTTP outage of its run, ms | goes on after, ms |\n|---|---|---|---|---|\n'
  for step in $(steps); do
    for fault in "${FAULTS[@]}"; do
      file=$RESULTS/$step--$fault.json
      if [ -e "$file" ]; then
        jq -r '"| \(.step) | \(.fault) | \(if .holds then .ended else "**does not hold**: " + (.troubles | join("; ")) end) | \(.httpOutageMs) | \(.recoveryMs // "") |"' "$file"
      elif [ "$(fate "$step" "$fault")" = run ]; then
        printf '| %s | %s | not run yet | | |\n' "$step" "$fault"
      else
        printf '| %s | %s | %s | | |\n' "$step" "$fault" "$(fate "$step" "$fault")"
      fi
    done
  done
}
