#!/usr/bin/env bash
# The switch of the live cut-over. It runs on source, detached from this program, so that neither the operator's
# distance nor our death lengthens it. It speaks to source's Redis directly and to dest's through ssh.
#
# SwitchScript.java writes the assignments of the values used here above this text:
#   mode               switch, or measure: only how long it would take
#   state              directory of what must outlive this process
#   source_container   of Redis; source_port inside it; source_run_id and dest_run_id: which Redis we mean
#   dest_ssh           array: the ssh command that reaches dest; dest_redis: host:port of Redis as seen from there
#   conf               source's redis.conf, already fenced and a replica; its bytes before are $state/redis.conf
#   site, site_new     nginx's file, and the one that takes its place; nginx_container
#   follow             host and port at which source's Redis finds dest's
#   hold               nginx's directory for what shall wait while the writer changes; empty where nothing does
#   register_port      at which nginx reaches source's register
#
# Each line of the output: nanoseconds since 1970, the sub-step's name, words. The last one is the outcome:
#   switched, switched but: … (dest is the writer, something else is not as it should be), undone: …, unknown: …
#
# Files in $state tell whoever comes after us how far it went; each is written before what it tells of is done:
#   intended   settings as they were when the switch was prepared, before redis.conf was replaced
#   before     settings to put back
#   election   the client id of the connection to dest, the token that dest holds once it is elected, the boot, and
#              how dest wrote to its disk before
#   holding    registrations wait, with the time until which the fence must be up
#   fenced     with the time until which dest must be elected
#   promoting  dest may be elected from now on
#   elected    dest is: from now on it only goes forward
#   turned     source follows dest
#   linked     it has all that dest has: the mark on dest has served
#   pids       processes, with their start times
# intended, before, election and linked outlast a power cut; of the others, one may lack after it.
# shellcheck disable=SC2154,SC2034
set -u
export LC_ALL=C
trap '' PIPE HUP

readonly SWITCHED=0 BUT=9 UNDONE=10 UNKNOWN=11
readonly FENCE=99 USUAL_LAG=10
readonly TRIES=5             # at a moment in which no client is inside a MULTI, or no registration at a core
readonly LEAST_HOLD=60000    # microseconds, as all times here
readonly LONGEST_HOLD=500000
readonly LONGEST_CREATION=1000000
readonly LONGEST_HOLDING=9000000 # of registrations, until the fence
readonly QUIET_PERIOD=3600   # seconds between the pings of a replication that shall stay still
readonly LONGEST=240000000
readonly ELECTED=register-migration:elected

exec {never}<> <(:)
pause() { read -r -t "$1" -u "$never"; true; }
if [ -n "${EPOCHREALTIME:-}" ]; then
  clock() { now=${EPOCHREALTIME/./}; }
else
  clock() { now=$(date +%s%6N); }
fi
# In one line: what a Redis answers must not pass for a sub-step.
say() { local words=$*; clock; printf '%s000 %s\n' "$now" "${words//[$'\n\r']/ }"; }
outcome() { local code=$1; shift; say outcome "$*"; exit "$code"; }
trouble() { printf '%s' "$*" >"$state/trouble"; }
# note NAME WORDS: on disk, whole, before the next thing is done
note() {
  printf '%s\n' "$2" >"$state/$1.new" && sync -- "$state/$1.new" && mv -fT -- "$state/$1.new" "$state/$1" && sync -- "$state"
}

# --- Redis' protocol: put a command, or several; flush them; receive each reply into $reply

buffer=
put() {
  local word
  buffer+="*$#"$'\r\n'
  for word; do buffer+="\$${#word}"$'\r\n'"$word"$'\r\n'; done
}
flush() {
  { printf '%s' "$buffer" >&"$1"; } 2>/dev/null
  local sent=$?
  buffer=
  return $sent
}

patience=2
# 1: no answer; 2: an error, which $reply holds
receive() {
  local fd=$1 head rest count joined=
  IFS= read -r -t "$patience" -u "$fd" head || { reply='no answer'; return 1; }
  head=${head%$'\r'}
  # Bash would run a command in what it takes for a number.
  case $head in '$-1') ;; ['$*'] | ['$*']*[!0-9]*) reply='no length of an answer'; return 1 ;; esac
  case $head in
    '$-1') reply= ;;
    '$'*)
      IFS= read -r -t "$patience" -N "${head#?}" -u "$fd" reply && IFS= read -r -t "$patience" -u "$fd" rest ||
        { reply='no answer'; return 1; } ;;
    '*'*)
      for ((count = ${head#?}; count > 0; count--)); do
        receive "$fd" || [ $? -eq 2 ] || return 1
        joined+=$reply$'\n'
      done
      reply=${joined%$'\n'} ;;
    -*) reply=${head#-}; return 2 ;;
    *) reply=${head#?} ;;
  esac
}
ask() {
  local fd=$1
  shift
  put "$@"
  flush "$fd" || { reply='no connection'; return 1; }
  receive "$fd"
}
# The value of a field of INFO, in $value.
field() {
  local text=$'\n'$reply
  value=${text#*$'\n'"$1:"}
  if [ "$value" = "$text" ]; then value=; else value=${value%%$'\r'*}; fi
}
setting() { ask "$1" CONFIG GET "$2" || return; value=${reply#*$'\n'}; [ "$value" != "$reply" ]; }

inspect_source() {
  local words
  read -r -a words < <(docker inspect -f '{{.State.Running}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$source_container" 2>/dev/null)
  [ "${words[0]:-}" = true ] || { trouble "the container $source_container does not run"; return 1; }
  source_address=${words[1]:-127.0.0.1}
}
# A new connection, on which no answer is awaited; one that is held answers when the hold ends.
source_address=
S=
connect_source() {
  [ -z "$S" ] || exec {S}>&-
  S=
  [ -n "$source_address" ] || inspect_source || return 1
  if { exec {S}<>"/dev/tcp/$source_address/$source_port"; } 2>/dev/null && ask "$S" CLIENT ID; then
    source_client=$reply
    return 0
  fi
  source_address=
  trouble "source's Redis does not answer"
  return 1
}

# Each connection is an ssh of its own: its end is ours to see, and no port is opened anywhere.
ssh=
connect_dest() {
  local usual=$patience asked
  rm -f -- "$state/to-dest" "$state/from-dest"
  mkfifo -- "$state/to-dest" "$state/from-dest" || return 1
  "${dest_ssh[@]}" -W "$dest_redis" <"$state/to-dest" >"$state/from-dest" 2>"$state/ssh" &
  ssh=$!
  exec {DW}>"$state/to-dest" {DR}<"$state/from-dest"
  note_pids
  patience=10
  ask_dest CLIENT ID
  asked=$?
  patience=$usual
  [ $asked -eq 0 ] || { trouble "dest's Redis does not answer${reply:+ ($reply)}: $(tail -n 1 "$state/ssh" 2>/dev/null | tr -d '\r')"; return 1; }
  dest_client=$reply
}
ask_dest() { put "$@"; flush "$DW" && receive "$DR"; }
leave_dest() {
  [ -n "$ssh" ] || return 0
  kill -9 "$ssh" 2>/dev/null
  wait "$ssh" 2>/dev/null
  exec {DR}<&- {DW}>&-
  ssh=
}

# --- Processes of an earlier try must not act behind our back

# The start time of a process that has not ended, in $start.
started() {
  local line words
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -r -a words <<<"${line##*) }"
  start=${words[19]}
  [ "${words[0]}" != Z ]
}
note_pids() {
  local pid
  for pid in $$ $BASHPID $ssh; do started "$pid" && echo "$pid $start"; done >"$state/pids.$BASHPID"
  mv -fT "$state/pids.$BASHPID" "$state/pids"
}
end_pids() {
  local pid was tries
  [ -e "$state/pids" ] || return 0
  while read -r pid was; do
    [ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ] || continue
    for ((tries = 0; tries < 500; tries++)); do
      started "$pid" && [ "$start" = "$was" ] || break
      kill -9 "$pid" 2>/dev/null
      pause 0.01
    done
  done <"$state/pids"
}

# --- nginx

# The master's process, found from outside of the container.
find_nginx() {
  nginx=$(docker top "$nginx_container" -eo pid,args 2>/dev/null | sed -n '/register-migration/d; s/^ *\([0-9]*\) .*nginx: master process.*/\1/p')
  case $nginx in *[!0-9]*) nginx= ;; esac
  [ -n "$nginx" ] && grep -aq '^nginx: master' "/proc/$nginx/cmdline"
}
workers() {
  local pid
  for pid in $(sed -n "s/^\([0-9]*\) ([^)]*) [^Z] $nginx .*/\1/p" /proc/[0-9]*/stat 2>/dev/null); do
    if grep -aq '^nginx: worker process[^a-z]*$' "/proc/$pid/cmdline" 2>/dev/null; then echo "$pid"; fi
  done
}
new_worker() {
  local pid
  for pid in $(workers); do case " $old_workers " in *" $pid "*) ;; *) return 0 ;; esac; done
  return 1
}

# Requests that create a user call a core before they write (decision 44). nginx leads them to sockets on which nobody
# accepts, those of an nginx without workers; when that is gone, each goes on as the files dest and fenced say.
holders() {
  local file
  for file in $(grep -al "^nginx: master process .*nginx -c $hold/conf" /proc/[0-9]*/cmdline 2>/dev/null); do
    file=${file%/cmdline}
    echo "${file#/proc/}"
  done
}
holds() { [ "$(grep -c " 00010000 .* $hold/[0-9]$" "/proc/$nginx/net/unix" 2>/dev/null)" = 4 ]; }
inside_nginx() { [ -n "$hold" ] && [ -d "/proc/${nginx:-none}/root$hold" ]; }
flag() { : >"/proc/$nginx/root$hold/$1"; }
unflag() { rm -f -- "/proc/$nginx/root$hold/$1"; }
hold_on() {
  local tries
  [ -n "$hold" ] || return 0
  inside_nginx || refuse "no directory $hold in $nginx_container: lay it there again"
  clock
  echo "$((now + LONGEST_HOLDING))" >"$state/holding"
  rm -f -- "/proc/$nginx/root$hold"/[0-9]
  docker exec -d "$nginx_container" nginx -c "$hold/conf" >/dev/null 2>&1
  for ((tries = 0; tries < 250; tries++)); do
    if holds; then say holding; return 0; fi
    pause 0.02
  done
  refuse "nothing holds registrations in $nginx_container: $(tail -n 1 "/proc/$nginx/root$hold/error.log" 2>/dev/null)"
}
let_go() {
  local pid
  [ -n "$hold" ] || return 0
  for pid in $(holders); do kill -9 "$pid" 2>/dev/null; done
  ! inside_nginx || unflag pid
  rm -f -- "$state/holding"
}
# nginx's connections to the register, by its own ports, of which one may stand for a registration at a core.
at_register() {
  sed -n "s/^ *[0-9]*: [0-9A-F]*:\([0-9A-F]*\) [0-9A-F]*:$(printf %04X "$register_port") 0[128] .*/\1/p" \
    "/proc/$nginx/net/tcp" "/proc/$nginx/net/tcp6" 2>/dev/null | tr '\n' ' '
}
# Whether all requests that were there when the hold began have been answered.
drained() {
  local before left port began
  # What nginx had just begun to pass on is seen then.
  pause 0.02
  before=$(at_register)
  clock; began=$now
  while :; do
    left=
    for port in $(at_register); do case " $before" in *" $port "*) left=$port ;; esac; done
    [ -n "$left" ] || return 0
    clock
    [ $((now - began)) -lt $LONGEST_CREATION ] || return 1
    pause 0.005
  done
}
await_creations() {
  local attempt
  [ -n "$hold" ] || return 0
  for ((attempt = 1; ; attempt++)); do
    hold_on
    if drained; then say drained; return 0; fi
    let_go
    say let-go "a request has been at source's register for $((LONGEST_CREATION / 1000000)) s"
    [ $attempt -lt $TRIES ] || refuse "in $TRIES tries a request was at source's register for longer than $((LONGEST_CREATION / 1000000)) s each time: see whether its cores answer"
    pause 1
  done
}

# copy FILE PLACE: on the disk, so that a power cut brings nothing older back.
copy() {
  local new=$2.register-migration-new
  cp -p -- "$1" "$new" && sync -- "$new" && mv -fT -- "$new" "$2" && sync -- "${2%/*}"
}

# --- The ways out

settings_back() {
  local writes lag ping
  read -r writes lag ping <"$state/before" && [ -n "$ping" ] || { trouble "$state/before does not say which settings to put back"; return 1; }
  if [ "${1:-}" != fenced ]; then
    # Restarted in the meantime, it has read in its file that it is a replica; of a dest that was not elected.
    ask "$S" INFO replication || return
    field role
    [ "$value" = master ] || ask "$S" REPLICAOF NO ONE || return
    ask "$S" CONFIG SET min-replicas-max-lag "$lag" && ask "$S" CONFIG SET min-replicas-to-write "$writes" || return
  fi
  ask "$S" CONFIG SET repl-ping-replica-period "$ping"
}

# Nothing can have been written to dest: source is the writer again.
undo() {
  local why=$* tries
  [ "$mode" = switch ] || outcome $UNDONE "undone: $why"
  say undo "$why"
  patience=2
  # Redis may have been started again since, by the file that makes it a fenced replica.
  [ -e "$state/before" ] || [ ! -e "$state/intended" ] || mv -fT -- "$state/intended" "$state/before"
  if [ -e "$state/before" ]; then
    for ((tries = 0; ; tries++)); do
      if connect_source && settings_back; then break; fi
      [ $tries -lt 100 ] || outcome $UNKNOWN "unknown: $why; the fence of source's Redis could not be lifted ($(cat "$state/trouble" 2>/dev/null)): bring source's Redis up; until then nobody takes writes"
      pause 0.1
    done
    say lifted
  fi
  # What waited goes on to source.
  if [ -n "$hold" ] && { [ -n "${nginx:-}" ] || find_nginx; } && inside_nginx; then unflag fenced; fi
  let_go
  cmp -s -- "$state/redis.conf" "$conf" || copy "$state/redis.conf" "$conf" ||
    outcome $UNKNOWN "unknown: $why; source takes writes again, but $conf could not be put back: after a restart its Redis would refuse them. See that this file can be written"
  rm -f -- "$state/intended" "$state/before" "$state/election" "$state/fenced" "$state/promoting"
  sync -- "$state"
  outcome $UNDONE "undone: $why"
}

# Started again since its election, dest refuses writes, as its file says until this program has seen the outcome.
dest_takes_writes() {
  [ -n "$ssh" ] && ask_dest CONFIG SET min-replicas-to-write 0 && return
  leave_dest
  connect_dest && ask_dest CONFIG SET min-replicas-to-write 0
}

# While source follows, a power cut of dest costs what it costs any register.
dest_writes_as_before() {
  [ -z "$appendfsync" ] ||
    { ask_dest CONFIG SET appendfsync "$appendfsync" && ask_dest CONFIG SET no-appendfsync-on-rewrite "$unsynced"; }
}

# dest is the writer: whatever is not done yet is done, and proven.
forward() {
  local but='' tries status
  : >"$state/elected"
  # From here on nginx leads to dest, without a reload.
  if inside_nginx; then flag moved; fi
  let_go
  ! inside_nginx || say led
  if [ -e "$site_new" ]; then mv -fT -- "$site_new" "$site" || but="$but; $site could not be replaced"; fi
  say moved
  kill -HUP "$nginx" 2>/dev/null || but="$but; nginx on source could not be told to reload"
  say reloaded
  for ((tries = 0; tries < 50; tries++)); do
    # It answers when the hold ends.
    if { [ -n "$S" ] || connect_source; } && ask "$S" REPLICAOF "${follow[@]}"; then break; fi
    S=
    pause 0.2
  done
  [ $tries -lt 50 ] || sync -- "$site" "${site%/*}"
  [ $tries -lt 50 ] || outcome $BUT "switched but: source's Redis does not answer ($(cat "$state/trouble" 2>/dev/null)): it refuses writes and may not follow dest yet$but"
  : >"$state/turned"
  say turned
  for ((tries = 0; tries < 100; tries++)); do
    if new_worker; then break; fi
    [ $tries -ne 50 ] || kill -HUP "$nginx" 2>/dev/null
    pause 0.02
  done
  if [ $tries -lt 100 ]; then
    say proxying
    # Not before: nobody waits for the disk. Without it a power cut would lead clients to source again.
    sync -- "$site" "${site%/*}" || but="$but; whether $site is on the disk is not known"
  else
    # A restart of nginx must find a file that it takes.
    copy "$site" "$site_new" && copy "$state/site" "$site"
    but="$but; nginx on source did not take its new file"
  fi
  for ((tries = 0; tries < 9000; tries++)); do
    if ask "$S" INFO replication; then
      field master_link_status
      [ "$value" != up ] || break
    fi
    pause 0.02
  done
  if [ $tries -lt 9000 ]; then
    status=partial
    if dest_takes_writes; then
      ask_dest INFO stats && field sync_full && [ "$value" != "${full_before:-$value}" ] && status=full
      dest_writes_as_before || but="$but; appendfsync on dest could not be put back (${appendfsync:-}, no-appendfsync-on-rewrite $unsynced)"
    else
      but="$but; dest's Redis does not tell whether it takes writes ($(cat "$state/trouble" 2>/dev/null))"
    fi
    say linked "$status"
  else
    but="$but; source does not follow dest yet"
  fi
  settings_back fenced || but="$but; repl-ping-replica-period on source could not be put back"
  # The mark has served once it stands on this disk who was elected.
  if [ -z "$but" ]; then { note linked "" && ask_dest DEL $ELECTED; } || but="; the mark $ELECTED could not be removed on dest"; fi
  [ -z "$but" ] || outcome $BUT "switched but: ${but#; }"
  outcome $SWITCHED switched
}

# 0: dest was elected; 1: it was not, and takes no writes; 2: it does not tell; 3: what it tells can not be.
# A dest that was restarted meanwhile knows by the token, which its disk holds with all that source had: one that lacks
# it after its election lacks more, and source, which still has that, must not copy it.
was_elected() {
  [ ! -e "$state/linked" ] || return 0
  [ -n "$token" ] || { trouble "$state/election does not say how dest would know"; return 2; }
  ask_dest GET $ELECTED || return 2
  [ "$reply" != "$token" ] || return 0
  if [ -e "$state/elected" ]; then
    trouble "it does not hold the mark of its election any more: its data was lost or replaced since, so bring back what it had; source still holds what it had itself"
    return 3
  fi
  ask_dest INFO replication || return 2
  field role
  [ "$value" = master ] || return 1
  ask_dest CONFIG GET min-replicas-to-write || return 2
  [ "${reply#*$'\n'}" != $FENCE ] || return 1
  trouble "it takes writes, and does not hold the mark of its election: find out who made it a writer"
  return 3
}

# Whatever became of the try before us, it ends in one writer, or in none where nobody can know.
settle() {
  local tries asked client='' token='' boot=''
  appendfsync='' unsynced=''
  say settle "$*"
  end_pids
  [ -e "$state/election" ] || undo "$*"
  read -r client token boot appendfsync unsynced <"$state/election"
  # The smaller notes are all there only as long as the machine has not lost its power since.
  [ -e "$state/promoting" ] || [ "$boot" != "$(</proc/sys/kernel/random/boot_id)" ] || undo "$*"
  for ((tries = 0; tries < 60; tries++)); do
    # The old connection must not elect dest behind our back: ended on dest, nothing comes through it any more.
    if { [ -n "$ssh" ] || connect_dest; } && { ask_dest CLIENT KILL ID "$client" || [ $? -eq 2 ]; }; then
      was_elected
      asked=$?
      case $asked in
        1) undo "$*; dest could be asked, and was not elected" ;;
        0)
          if ask_dest CONFIG SET min-replicas-to-write 0; then
            say elected
            find_nginx
            old_workers=$(workers | tr '\n' ' ')
            forward
          fi ;;
        3) break ;;
      esac
    fi
    leave_dest
    pause 0.5
  done
  if [ -e "$state/elected" ]; then
    outcome $UNKNOWN "unknown: $*, and dest, which was elected, does not say so ($(cat "$state/trouble" 2>/dev/null)): make dest's Redis reachable. Source refuses writes, since two writers would be worse"
  fi
  outcome $UNKNOWN "unknown: $*, and dest does not tell whether it was elected ($(cat "$state/trouble" 2>/dev/null)): make dest's Redis reachable. Source refuses writes until it is known, since two writers would be worse"
}

# --- The switch

refuse() { undo "$*"; }

round_trips() {
  local i began worst=0
  for ((i = 0; i < 20; i++)); do
    clock; began=$now
    ask_dest PING || return 1
    clock
    # The first ones warm the way up.
    if [ $i -ge 5 ] && [ $((now - began)) -gt $worst ]; then worst=$((now - began)); fi
  done
  pause_for=$((40000 + 8 * worst))
  [ $pause_for -ge $LEAST_HOLD ] || pause_for=$LEAST_HOLD
  [ $pause_for -le $LONGEST_HOLD ] || pause_for=$LONGEST_HOLD
  say round-trip "$worst us, hold $((pause_for / 1000)) ms"
}

# The address of a client inside a MULTI, other than us, of the CLIENT LIST on standard input.
inside_multi() { sed -n "/^id=$source_client /d; s/.* addr=\([^ ]*\) .* multi=[0-9].*/\1/p" | head -n 1; }

# How many keys do not expire, in $value, by the reply to INFO keyspace.
count_lasting() {
  local database keys expires
  value=0
  while IFS=':=,' read -r database _ keys _ expires _; do
    case $database in db*) value=$((value + keys - expires)) ;; esac
  done <<<"$1"
}

# Looks at the reply to INFO persistence.
refuse_rewrite() {
  field aof_rewrite_in_progress; local rewriting=$value
  field aof_rewrite_scheduled
  [ "$rewriting$value" = 00 ] || refuse "dest rewrites its AOF: a promotion during it could lose everything"
}

check() {
  local file
  ask "$S" INFO replication || refuse "source's Redis: $reply"
  field role
  [ "$value" = master ] || refuse "source's Redis is no master, but $value"
  setting "$S" min-replicas-max-lag || refuse "source's Redis: $reply"
  [ "$value" -ge 1 ] || ask "$S" CONFIG SET min-replicas-max-lag $USUAL_LAG || refuse "source's Redis: $reply"
  for file in "min-replicas-to-write $FENCE" "replicaof ${follow[*]}"; do
    sed 's/\r$//; s/^min-slaves/min-replicas/; s/^slaveof/replicaof/' "$conf" | grep -qxF -- "$file" || refuse "$conf does not say \"$file\""
  done
  ask_dest INFO replication || refuse "dest's Redis: $reply"
  field role
  [ "$value" = slave ] || refuse "dest's Redis is no replica, but $value"
  field master_link_status
  [ "$value" = up ] || refuse "dest's link to source is $value"
  field master_sync_in_progress
  [ "$value" = 0 ] || refuse "dest is still copying source"
  ask_dest INFO persistence || refuse "dest's Redis: $reply"
  refuse_rewrite
  field aof_enabled
  [ "$value" = 1 ] || refuse "dest's Redis keeps no append-only file: a power cut would cost it what it was elected with (set appendonly yes)"
  field aof_last_write_status
  [ "${value:-ok}" = ok ] || refuse "dest's Redis could not write its append-only file ($value)"
  field aof_last_bgrewrite_status
  [ "${value:-ok}" = ok ] || refuse "dest's last AOF rewrite failed ($value)"
  ask_dest CONFIG GET min-replicas-to-write || refuse "dest's Redis: $reply"
  [ "${reply#*$'\n'}" = $FENCE ] || refuse "dest is not fenced"
  ask_dest CONFIG GET appendfsync || refuse "dest's Redis: $reply"
  appendfsync=${reply#*$'\n'}
  ask_dest CONFIG GET no-appendfsync-on-rewrite || refuse "dest's Redis: $reply"
  unsynced=${reply#*$'\n'}
  ask_dest INFO stats || refuse "dest's Redis: $reply"
  field sync_full
  full_before=$value
  find_nginx || refuse "not one nginx master process is seen in $nginx_container, or more than one"
  old_workers=$(workers | tr '\n' ' ')
  [ -s "$site_new" ] || refuse "no file $site_new"
  { chown --reference="$site" -- "$site_new" && chmod --reference="$site" -- "$site_new" && cp -p -- "$site" "$state/site"; } || refuse "$site_new cannot be made ready"
}

# Takes the fence up and holds every client, in one transaction; $offset is what dest must reach.
fence() {
  local length
  for ((tries = 0; tries < 100; tries++)); do
    ask "$S" CLIENT LIST || refuse "source's Redis: $reply"
    inside=$(inside_multi <<<"$reply")
    [ -n "$inside" ] || break
    pause 0.02
  done
  [ -z "$inside" ] || refuse "client $inside of source's Redis is inside a MULTI, and has been for 2 s: find out what it is"
  if inside_nginx; then flag fenced; fi
  clock
  deadline=$((now + 4 * pause_for))
  echo "$deadline" >"$state/fenced"
  say fence
  put MULTI
  put CONFIG SET min-replicas-to-write $FENCE
  put CLIENT PAUSE $((pause_for / 1000))
  put INFO replication
  put INFO keyspace
  put CLIENT LIST
  put EXEC
  flush "$S" || refuse "source's Redis: no connection"
  local i
  for i in MULTI CONFIG CLIENT INFO KEYSPACE LIST; do receive "$S" || refuse "source's Redis, to $i: $reply"; done
  IFS= read -r -t "$patience" -u "$S" length || refuse "source's Redis: no answer"
  [ "${length%$'\r'}" = '*5' ] || refuse "source's Redis, to EXEC: $length"
  receive "$S" || refuse "source's Redis, to min-replicas-to-write: $reply"
  receive "$S" || refuse "source's Redis, to CLIENT PAUSE: $reply"
  receive "$S" || refuse "source's Redis: $reply"
  field master_repl_offset
  offset=$value
  receive "$S" || refuse "source's Redis: $reply"
  local keyspace=$reply
  # Many clients make a long list, and read takes one byte at a time.
  IFS= read -r -t "$patience" -u "$S" length || refuse "source's Redis: no answer"
  length=${length%$'\r'}
  inside=$(head -c "${length#?}" <&"$S" | inside_multi)
  IFS= read -r -t "$patience" -u "$S" length
  count_lasting "$keyspace"
  say held "offset $offset, keys $value"
}

# What waits for dest before its election must not wait for longer than the deadline.
until_deadline() {
  clock
  local left=$((deadline - now))
  [ $left -gt 0 ] || refuse "dest could not be elected within $((4 * pause_for / 1000)) ms"
  printf -v patience '%d.%06d' $((left / 1000000)) $((left % 1000000))
}

work() {
  local attempt writes lag ping token answer
  # The watcher's connection is not ours.
  [ -z "$ssh" ] || exec {DR}<&- {DW}>&-
  ssh=
  note_pids
  connect_source || refuse "$(cat "$state/trouble" 2>/dev/null)"
  ask "$S" INFO server || refuse "source's Redis: $reply"
  field run_id
  [ "$value" = "$source_run_id" ] || refuse "source's Redis is not the one that was looked at before (run_id $value)"
  setting "$S" min-replicas-to-write && writes=$value && setting "$S" min-replicas-max-lag && lag=$value &&
    setting "$S" repl-ping-replica-period && ping=$value || refuse "source's Redis: $reply"
  [ "$writes" != $FENCE ] || refuse "source is fenced already: see who did that"
  connect_dest || refuse "$(cat "$state/trouble" 2>/dev/null)"
  ask_dest INFO server || refuse "dest's Redis: $reply"
  field run_id
  [ "$value" = "$dest_run_id" ] || refuse "dest's Redis is not the one that was looked at before (run_id $value)"
  say connected
  round_trips || refuse "dest's Redis: $reply"
  [ "$mode" = switch ] || outcome $SWITCHED "measured $((pause_for / 1000)) ms"
  note before "$writes $lag $ping" || refuse "$state can not be written"
  check
  clock
  token=$now
  note election "$dest_client $token $(</proc/sys/kernel/random/boot_id) $appendfsync $unsynced" || refuse "$state can not be written"
  # A ping after the fence would move the offset beyond what dest has seen: no partial resync any more.
  ask "$S" CONFIG SET repl-ping-replica-period $QUIET_PERIOD || refuse "source's Redis: $reply"
  say ready
  await_creations
  for ((attempt = 1; ; attempt++)); do
    fence
    [ -n "$inside" ] || break
    ask "$S" CONFIG SET min-replicas-to-write "$writes" || refuse "source's Redis: $reply"
    rm -f -- "$state/fenced"
    if inside_nginx; then unflag fenced; fi
    say lifted "client $inside is inside a MULTI"
    [ $attempt -lt $TRIES ] || refuse "in $TRIES tries a client of source's Redis was inside a MULTI each time, $inside at last"
  done
  while :; do
    until_deadline
    put INFO replication
    put INFO persistence
    flush "$DW" || refuse "dest's Redis: no connection"
    receive "$DR" || refuse "dest's Redis: $reply"
    field slave_repl_offset
    local reached=$value
    receive "$DR" || refuse "dest's Redis: $reply"
    [ "${reached:-0}" -lt "$offset" ] || break
  done
  # A copy that was begun anew since the last look, too, is followed by a rewrite.
  refuse_rewrite
  say caught-up "$reached"
  until_deadline
  : >"$state/promoting"
  say promote
  # Elected, open, and marked as such, or nothing of it. A replica lets no SET into a MULTI. Redis answers once the mark
  # and all before it is on dest's disk: only then may source be turned round.
  put MULTI
  put CONFIG SET appendfsync always
  put CONFIG SET no-appendfsync-on-rewrite no
  put REPLICAOF NO ONE
  put CONFIG SET min-replicas-to-write 0
  put EVAL "return redis.call('SET', KEYS[1], ARGV[1])" 1 $ELECTED "$token"
  put EXEC
  patience=1
  flush "$DW" || exit 1
  for answer in MULTI APPENDFSYNC UNSYNCED REPLICAOF CONFIG EVAL EXEC; do receive "$DR" || exit 1; done
  [ "$reply" = $'OK\nOK\nOK\nOK\nOK' ] || exit 1
  say promoted
  patience=2
  forward
}

if [ "$(id -u)" != 0 ]; then exec sudo -n env HOME="$HOME" bash "$0"; fi
umask 077
mkdir -p -- "$state"
say begin "$mode"
began=$now
rm -f -- "$state/trouble"
if [ "$mode" = measure ]; then work; fi
end_pids
if [ -e "$state/before" ]; then settle "an earlier try was interrupted"; fi

# Whoever of the two is killed or stopped, the other brings it to an end. The one who may have to ask dest whether it was
# elected opens its way there now, so that nobody waits for it then.
inspect_source || undo "$(cat "$state/trouble")"
connect_dest || undo "$(cat "$state/trouble" 2>/dev/null)"
work &
worker=$!
late=
while kill -0 "$worker" 2>/dev/null; do
  pause 0.02
  clock
  late=
  if [ $((now - began)) -gt $LONGEST ]; then
    late=yes
  elif [ -e "$state/turned" ]; then
    :
  elif [ -e "$state/promoting" ]; then
    : "${elected:=$now}"
    [ $((now - elected)) -lt 1200000 ] || late=yes
  elif read -r deadline 2>/dev/null <"$state/fenced"; then
    [ "$now" -lt $((deadline + 500000)) ] || late=yes
  elif read -r deadline 2>/dev/null <"$state/holding"; then
    [ "$now" -lt "$deadline" ] || late=yes
  fi
  if [ -n "$late" ]; then break; fi
done
if [ -z "$late" ]; then
  wait "$worker"
  code=$?
  case $code in "$SWITCHED" | "$BUT" | "$UNDONE" | "$UNKNOWN") exit "$code" ;; esac
  settle "the switch was interrupted"
fi
settle "the switch stood still"
