# shellcheck shell=bash
# Plays the operator of the practice platform, over REST: starts the program and a migration, decides
# what Tasklist asks. Sourced by script/demo, which sets WORK, the directory for what this leaves, and
# names itself in ME.

PORT=${MIGRATION_PORT:-8080}
BASE=http://127.0.0.1:$PORT
application=
HOME_THERE=/root

# As whom the program logs in on the machines; root may not, if it is somebody else.
log_in_as() {
  local machine
  [ "$1" != root ] || return 0
  HOME_THERE=/home/$1
  sed -i "s/^  user: root$/  user: $1/" target/lab/platform.yaml
  for machine in source source-slave dest dest-slave; do docker exec "pryv-lab-$machine" rm /root/.ssh/authorized_keys; done
}

say()  { printf '%(%H:%M:%S)T %s\n' -1 "$*"; }
fail() { printf '%s: %s\n' "$ME" "$*" >&2; exit 1; }

# The password goes through a file, so that it stands on no command line.
call() { curl -sS --fail-with-body -m 30 --config "$WORK/curl" "$@"; }
post() { local path=$1; call -H 'Content-Type: application/json' --data-binary @- "$BASE$path"; }

# A page as a browser gets it, in the session that log_in has begun.
page() { curl -sS --fail-with-body -m 30 -b "$WORK/cookies" "$@"; }

# Logs in with the form; the password comes from a file again.
log_in() {
  local token to
  page -o /dev/null -c "$WORK/cookies" "$BASE/login"
  token=$(awk '$6 == "XSRF-TOKEN" {print $7}' "$WORK/cookies")
  to=$(page -o /dev/null -c "$WORK/cookies" -w '%{redirect_url}' --config "$WORK/login" --data-urlencode "_csrf=$token" "$BASE/login")
  [ "$to" = "$BASE/migrations" ] || fail "the login with the form failed: it leads to '$to'"
}

# A program of its own, with an empty database.
new_application() {
  mkdir -p "$WORK"
  rm -rf "$WORK/data"
  : >"$WORK/application.log"
  export MIGRATION_ADMIN_PASSWORD MIGRATION_DATA=$WORK/data MIGRATION_PLATFORMS=$PWD/target/lab MIGRATION_PORT=$PORT
  MIGRATION_ADMIN_PASSWORD=$(head -c 18 /dev/urandom | base64 | tr '+/' '-_')
  (umask 077; printf 'user = "admin:%s"\n' "$MIGRATION_ADMIN_PASSWORD" >"$WORK/curl"
    printf 'data-urlencode = "username=admin"\ndata-urlencode = "password=%s"\n' "$MIGRATION_ADMIN_PASSWORD" >"$WORK/login")
  start_application
}

start_application() {
  ! curl -s -o /dev/null "$BASE/" || fail "port $PORT is taken: end what listens there, or set MIGRATION_PORT"
  script/run >>"$WORK/application.log" 2>&1 &
  application=$!
  local until=$((SECONDS + 90))
  until call -o /dev/null "$BASE/api/migrations" 2>/dev/null; do
    kill -0 "$application" 2>/dev/null || fail "the application ended; last lines of $WORK/application.log: $(tail -n 5 "$WORK/application.log")"
    [ $SECONDS -lt $until ] || fail "the application did not answer within 90 s; see $WORK/application.log"
    sleep 0.2
  done
}

# The most of the application that was resident since its start.
memory_mb() { awk '/^VmHWM/ {printf "%d", $2 / 1024}' "/proc/$application/status"; }

end_application() {
  [ -n "$application" ] || return 0
  kill "$application" 2>/dev/null || true
  wait "$application" 2>/dev/null || true
  application=
}

# Starts a migration, or what the argument says: rehearse.
start_migration() {
  post /engine-rest/process-definition/key/register-migration/start \
    <<<'{"variables":{"platformFile":{"value":"platform","type":"String"},"purpose":{"value":"'"${1:-migrate}"'","type":"String"}}}' | jq -r .id
}

# The words of an operator who has never changed a record.
never_changed() { [ -n "${delegated:-}" ] || echo "nothing was changed"; }

# What the operator would do in Tasklist. Each task is completed once; its variables are those of its form.
decide() {
  local task=$1 key=$2 answer
  case "$key" in
    gate) say "gate: go"; answer='{"gateDecision":{"value":"go","type":"String"},"notBefore":{"value":"","type":"String"}}' ;;
    nameServers)
      say "name servers: the hosting provider points ${DOMAIN:-pryv.lab} at dest"
      script/lab delegate dest
      delegated=yes
      answer='{"nameServersDecision":{"value":"changed","type":"String"}}' ;;
    nameServersBack)
      say "name servers: the hosting provider points ${DOMAIN:-pryv.lab} back at source"
      script/lab delegate source
      answer='{"nothingChangedTyped":{"value":"'"$(never_changed)"'","type":"String"}}' ;;
    confirmRetirement) say "retirement: confirmed"; answer='{"retirementDecision":{"value":"retire","type":"String"}}' ;;
    *) fail "the migration waits at '$key', which nobody decides here: $(call "$BASE/engine-rest/task/$task/variables" | jq -c 'map_values(.value)' | head -c 3000)" ;;
  esac
  post "/engine-rest/task/$task/submit-form" <<<"{\"variables\":$answer}" >/dev/null
}

# A step of the diagram has ended at least once.
ended() {
  [ "$(call "$BASE/engine-rest/history/activity-instance/count?processInstanceId=$1&activityId=$2&finished=true" | jq .count)" -gt 0 ]
}

# Asks for a rollback, as any program may.
roll_back() { post "/api/migrations/$1/rollback" <<<"{\"reason\":\"asked for by $ME\"}" >/dev/null; }

# What a rollback must give back on a machine: each file outside Redis' data and the logs, and the services.
tree() {
  docker exec -e "HOME_THERE=$HOME_THERE" "pryv-lab-$1" sh -c 'cd / && find var/pryv "${HOME_THERE#/}/.ssh" -path "*/redis/data" -prune -o -path "*/log" -prune -o -printf "%M %U:%G %p\n" | LC_ALL=C sort
    find var/pryv "${HOME_THERE#/}/.ssh" -path "*/redis/data" -prune -o -path "*/log" -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    docker ps -a --format "{{.Names}}" | sort | xargs -r docker inspect -f "{{.Name}} {{.State.Status}} {{.HostConfig.RestartPolicy.Name}}"
    ls -d "$HOME_THERE"/.register-migration/* 2>/dev/null | grep -v "/lease$"; true'
}

# Whether the delegation has moved, and the world asks dest.
moved() {
  call "$BASE/engine-rest/history/variable-instance?processInstanceId=$1&variableName=delegationMoved" | jq -r '.[0].value // false'
}

# Why the cold window before this gate failed, if it did.
window_failure() { call "$BASE/engine-rest/task/$1/variables" | jq -r '.windowFailure.value // empty'; }
