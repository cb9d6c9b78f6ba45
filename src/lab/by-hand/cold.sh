#!/usr/bin/env bash
# The cold migration by hand on the practice platform (after script/lab reset); script/bench compares the tool with it.
# usage: cold.sh careful|literal [FILE]
#   careful  everything that can be prepared is prepared before source stops
#   literal  in the procedure's order: nginx is edited and dest's Redis port published while clients wait. Two things
#            are done that it does not say, since else nothing would work: dest is stopped before the transfers, and
#            nginx passes the Host header on.
# Prints a mark per moment, to FILE as well: seconds since the epoch, a tab, and what begins or has happened.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

SSH=$PWD/target/lab/ssh
SOURCE=10.90.0.11 DEST=10.90.0.12
P=/var/pryv DATA=/var/pryv/reg-master/redis/data

way=${1:-}
case $way in careful | literal) ;; *) sed -n 's/^# \(usage.*\)/\1/p' "$0" >&2; exit 2 ;; esac
marks=${2:-/dev/null}
: >"$marks"
mark() { printf '%s\t%s\n' "$(date +%s.%N)" "$*" | tee -a "$marks"; }
fail() { printf 'cold.sh: %s\n' "$*" >&2; exit 1; }

[ -e "$SSH/operator" ] || fail "no operator key in target/lab/ssh: run script/lab up first"

# One connection per machine stays open, as the human's terminals do.
sockets=$(mktemp -d)
ssh_options=(-i "$SSH/operator" -o UserKnownHostsFile="$SSH/known_hosts" -o StrictHostKeyChecking=yes -o BatchMode=yes
  -o ControlMaster=auto -o ControlPath="$sockets/%h" -o ControlPersist=600)
# shellcheck disable=SC2317
close() {
  local host
  for host in "$SOURCE" "$DEST"; do ssh "${ssh_options[@]}" -O exit "root@$host" 2>/dev/null || true; done
  rm -rf "$sockets"
}
trap close EXIT
on() { local host=$1; shift; ssh -n "${ssh_options[@]}" "root@$host" "$*"; }
# shellcheck disable=SC2029
send() { ssh "${ssh_options[@]}" "root@$1" "cat >'$2'"; }

# wait_for SECONDS WHAT COMMAND...
wait_for() {
  local seconds=$1 what=$2 deadline
  shift 2
  deadline=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || fail "$what: not within $seconds s"
    sleep 0.05
  done
}
answers()  { curl -sk -m 2 --resolve "reg.pryv.lab:443:$1" https://reg.pryv.lab/user000001/check_username | grep -q true; }
launched() { curl -sk -m 2 --resolve "reg.pryv.lab:443:$1" https://reg.pryv.lab/wactiv/check_username | grep -q true; }
loaded()   { [[ $(on "$1" "docker exec pryv_redis_1 redis-cli dbsize") =~ ^[0-9]+$ ]]; }
follows()  { on $SOURCE 'docker exec pryv_redis_1 redis-cli info replication' | grep -q 'master_link_status:up'; }
sync()     { on $DEST "rsync --copy-links --archive --compress --delete -e 'ssh -i /root/migration_key' root@$SOURCE:$DATA/ $DATA"; }

publish_port() { on $DEST "cd $P && sed -i 's|      - \"$DEST:6379:6379\"|&\n      - \"127.0.0.1:6379:6379\"|' reg-master.yml"; }
# The proxying configuration, beside the one in use: with the Host header, without which dest answers 404.
edit_site() {
  on $SOURCE "cd $P/reg-master/nginx/conf && sed \
    -e 's|^  server register:9000 max_fails=3 fail_timeout=30s;|  #&\n  server $DEST:443 max_fails=0;|' \
    -e 's|^\( *\)proxy_pass http://register_server;|\1#proxy_pass http://register_server;\n\1proxy_pass https://register_server;\n\1proxy_set_header Host \$host;\n\1proxy_ssl_server_name on;\n\1proxy_ssl_name \$host;|' \
    site.conf >/root/site.conf.new && grep -q 'https://register_server' /root/site.conf.new"
}

mark "begin"
# Published before the first launch, it needs no second restart of dest later.
[ "$way" = literal ] || publish_port
on $DEST "cd $P && ./run-reg-master" 2>/dev/null
wait_for 60 "dest answers after its first launch" launched $DEST
# Stopped until the last transfer has ended: a running Redis would save its empty set over what rsync brings.
on $DEST "cd $P && docker-compose -f reg-master.yml stop" 2>/dev/null
mark "dest launched, seen to work, stopped"

grep ",$SOURCE " "$SSH/known_hosts" | send $DEST /root/.ssh/known_hosts
on $DEST "ssh-keygen -q -t rsa -b 4096 -C migration@remote -N '' -f /root/migration_key"
on $DEST "cat /root/migration_key.pub" | ssh "${ssh_options[@]}" root@$SOURCE "cat >>/root/.ssh/authorized_keys"
grep ",$DEST " "$SSH/known_hosts" | send $SOURCE $P/reg-master/redis/conf/known_hosts
on $SOURCE "ssh-keygen -q -t rsa -b 4096 -C migration@remote -N '' -f $P/reg-master/redis/conf/migration_key"
on $SOURCE "cat $P/reg-master/redis/conf/migration_key.pub" | ssh "${ssh_options[@]}" root@$DEST "cat >>/root/.ssh/authorized_keys"
mark "keys are in place"

sync; mark "first transfer done"
sync; mark "second transfer done"

[ "$way" = literal ] || edit_site
mark "prepared"

mark "stop source"
on $SOURCE "cd $P && ./stop-containers" >/dev/null
mark "last transfer"
sync
mark "start dest"
on $DEST "cd $P && ./ensure-permissions-reg-master && ./run-reg-master" 2>/dev/null
mark "dest started"
wait_for 120 "dest answers for a user of source" answers $DEST
mark "dest answers"
[ "$way" = careful ] || edit_site
on $SOURCE "cp /root/site.conf.new $P/reg-master/nginx/conf/site.conf && cd $P && ./run-reg-master" 2>/dev/null
mark "source started as a proxy"
wait_for 120 "source answers through dest" answers $SOURCE
mark "source answers"
if [ "$way" = literal ]; then
  publish_port
  on $DEST "cd $P && ./stop-containers && ./run-reg-master" >/dev/null 2>&1
  wait_for 120 "source answers through dest again" answers $SOURCE
  mark "port published, source answers again"
fi

# The tunnel, in source's redis container as the procedure has it: only now, since a restart would end it.
on $SOURCE "docker exec -d pryv_redis_1 ssh -i /app/conf/migration_key -o UserKnownHostsFile=/app/conf/known_hosts \
  -o ExitOnForwardFailure=yes -o ServerAliveInterval=5 -N -L 4567:127.0.0.1:6379 root@$DEST"
wait_for 20 "the tunnel leads to dest's Redis" on $SOURCE "docker exec pryv_redis_1 redis-cli -p 4567 ping"
mark "tunnel open"
# With a million users it reads its data for seconds after its start.
wait_for 120 "source's Redis has read its data" loaded $SOURCE
# An empty master would wipe its replica: dest must hold what source holds.
here=$(on $SOURCE "docker exec pryv_redis_1 redis-cli dbsize") there=$(on $SOURCE "docker exec pryv_redis_1 redis-cli -p 4567 dbsize")
[ "$there" -ge "$here" ] || fail "dest holds $there keys, source $here: source must not follow it"
on $SOURCE "docker exec pryv_redis_1 redis-cli replicaof 127.0.0.1 4567" >/dev/null
on $SOURCE "sed -i 's|^# replicaof <masterip> <masterport>|&\nreplicaof 127.0.0.1 4567|' $P/reg-master/redis/conf/redis.conf"
wait_for 60 "source follows dest" follows
mark "source follows dest"
script/lab delegate dest >/dev/null
mark "delegated to dest"
mark "end"
