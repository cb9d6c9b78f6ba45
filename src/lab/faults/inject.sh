# shellcheck shell=bash disable=SC2034,SC2154
# The faults. Each is called as fault_NAME MIGRATION STEP JOB while the engine holds the step's job, and lets it go.

on() { local machine=$1; shift; docker exec "pryv-lab-$machine" "$@"; }

# wait_for SECONDS WHAT COMMAND... : until it succeeds.
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || { say "  waited in vain: $what"; return 1; }
    sleep 0.05
  done
}

# ---------------------------------------------------------------- named points: the engine holds a step

definitions() { call "$BASE/engine-rest/job-definition?processDefinitionKey=register-migration&activityIdIn=$1" | jq -r '.[] | select(.jobConfiguration == "async-before") | .id'; }
suspend() {
  local id
  for id in $(definitions "$1"); do
    call -X PUT -H 'Content-Type: application/json' -d "{\"suspended\":$2,\"includeJobs\":true}" "$BASE/engine-rest/job-definition/$id/suspended"
  done
}
hold()    { suspend "$1" true; }
release() { suspend "$1" false; }

# The job of a step that is held, if it has come to it.
held_job() { call "$BASE/engine-rest/job?processInstanceId=$1&activityId=$2&suspended=true" | jq -re '.[0].id'; }

runs_of()    { call "$BASE/api/migrations/$1/report.json" | jq --arg step "$2" '[.steps[] | select(.id == $step)]'; }
has_begun()  { [ "$(runs_of "$1" "$2" | jq length)" -gt "$3" ]; }
has_ended()  { runs_of "$1" "$2" | jq -e ".[$3:] | any(.outcome == \"done\")"; }
has_failed() { runs_of "$1" "$2" | jq -e ".[$3:] | any(.outcome == \"failed\")"; }
failed_or_ended() { has_failed "$@" || has_ended "$@"; }
changes_of() { call "$BASE/api/migrations/$1/journal" | jq --arg step "$2" '[.[] | select(.step == $step)] | length'; }
# In the middle: the step has written into the journal what it is about to change, or, where it changes nothing, it runs.
in_the_middle() { [ "$(changes_of "$1" "$2")" -gt "$4" ] || has_ended "$1" "$2" "$3"; }

retry_failed() {
  local job
  for job in $(call "$BASE/engine-rest/job?processInstanceId=$1&noRetriesLeft=true" | jq -r '.[].id'); do retry "$job"; done
}
retry() { call -X PUT -H 'Content-Type: application/json' -d '{"retries":1}' "$BASE/engine-rest/job/$1/retries" || true; }

# ---------------------------------------------------------------- the program

kill_program() { kill -9 "$application"; wait "$application" 2>/dev/null || true; }

# Starts it again, and measures how soon the step goes on once the program is ready.
revive() {
  local migration=$1 step=$2 known=$3 ready
  start_application
  ready=$(date +%s%3N)
  release "$step"
  if wait_for "$LONGEST_ANSWER" "$step goes on within $LONGEST_ANSWER s of the program being ready" has_begun "$migration" "$step" "$known"; then
    recovered_ms[$step:$fault]=$(($(date +%s%3N) - ready))
  else failed=yes; fi
}

fault_killed-before() {
  local fault=killed-before known
  known=$(runs_of "$1" "$2" | jq length)
  kill_program
  revive "$1" "$2" "$known"
}

fault_killed-during() {
  local known changes
  known=$(runs_of "$1" "$2" | jq length) changes=$(changes_of "$1" "$2")
  release "$2"
  wait_for 60 "$2 has begun to change something" in_the_middle "$1" "$2" "$known" "$changes"
  kill_program
  # A step that was quicker than the kill has no second run to wait for.
  start_application
}

fault_killed-after() {
  local known
  known=$(runs_of "$1" "$2" | jq length)
  release "$2"
  wait_for 60 "$2 has ended" has_ended "$1" "$2" "$known"
  kill_program
  start_application
}

# ---------------------------------------------------------------- the way to a machine

fault_ssh-cut() {
  local known changes
  known=$(runs_of "$1" "$2" | jq length) changes=$(changes_of "$1" "$2")
  release "$2"
  wait_for 60 "$2 has begun to change something" in_the_middle "$1" "$2" "$known" "$changes"
  on "$(machine_of "$2")" pkill -KILL -f 'sshd: root@notty' || true
}

fault_unreachable() {
  local machine
  machine=$(machine_of "$2")
  on "$machine" iptables -I INPUT -p tcp --dport 22 -j DROP
  release "$2"
  sleep 20   # the fault itself: for so long the machine is not to be reached
  on "$machine" iptables -D INPUT -p tcp --dport 22 -j DROP
}

# ---------------------------------------------------------------- on a machine

# Every command of ours begins with timeout: with another one in its place, each fails.
fault_command-fails() {
  local machine known
  machine=$(machine_of "$2") known=$(runs_of "$1" "$2" | jq length)
  on "$machine" sh -c "mv /usr/bin/timeout /usr/bin/timeout.real && printf '#!/bin/sh\necho injected >&2\nexit 1\n' >/usr/bin/timeout && chmod 755 /usr/bin/timeout"
  release "$2"
  wait_for 60 "$2 has failed" failed_or_ended "$1" "$2" "$known"
  on "$machine" mv /usr/bin/timeout.real /usr/bin/timeout
}

fault_retried-twice() {
  local job
  fault_command-fails "$@"
  for job in $(call "$BASE/engine-rest/job?processInstanceId=$1&noRetriesLeft=true" | jq -r '.[].id'); do retry "$job"; retry "$job"; done
}

DATA=/var/pryv/reg-master/redis/data
fault_disk-full() {
  local known
  known=$(runs_of "$1" "$2" | jq length)
  on dest sh -c "mount -t tmpfs -o size=16k full $DATA && chown 9999:9999 $DATA"
  release "$2"
  wait_for 150 "$2 has failed" failed_or_ended "$1" "$2" "$known"
  on dest umount -l $DATA
}

# Its first process dies; docker brings it back where it is meant to.
fault_container-dies() {
  # shellcheck disable=SC2016
  on "$(machine_of "$2")" sh -c 'for pid in $(docker inspect -f "{{.State.Pid}}" pryv_redis_1); do [ "$pid" = 0 ] || kill -9 "$pid"; done'
  release "$2"
}

fault_source-rebooted() {
  docker restart -t 10 pryv-lab-source >/dev/null
  wait_for 60 "source's docker answers" on source docker info
  release "$2"
}

fault_docker-restarted() {
  local machine
  machine=$(machine_of "$2")
  # shellcheck disable=SC2016
  on "$machine" sh -c 'old=$(pgrep -ox dockerd); kill "$old"; while kill -0 "$old" 2>/dev/null; do sleep 0.1; done'
  wait_for 60 "$machine's docker answers" on "$machine" docker info
  release "$2"
}

# ---------------------------------------------------------------- the operator

fault_rollback() {
  post "/api/migrations/$1/rollback" <<<'{"reason":"asked for by script/faults"}' >/dev/null
  release "$2"
}

# Whatever an interrupted run may have left.
mend_everything() {
  local machine
  for machine in source dest; do
    on "$machine" sh -c "iptables -D INPUT -p tcp --dport 22 -j DROP; [ ! -e /usr/bin/timeout.real ] || mv /usr/bin/timeout.real /usr/bin/timeout; umount -l -t tmpfs $DATA" >/dev/null 2>&1 || true
  done
}
