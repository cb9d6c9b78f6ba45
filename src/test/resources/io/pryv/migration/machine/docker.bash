#!/bin/bash
# docker and docker-compose for sandboxes: one directory per container below $SANDBOX/docker.
#   state (running|exited)  policy  log  labels (KEY=VALUE lines)  fields (TEMPLATE<TAB>VALUE lines)
#   networks (one a line)  bin/ (programs of that container)
#   on-start, on-stop, on-kill (bash, run at each of them; a start whose script fails did not happen)
# Every call is noted in $SANDBOX/docker-calls. What is not supported fails with exit code 64.
# Functions leave what they find in REPLY: a test calls this hundreds of times, and each process costs milliseconds.
containers=$SANDBOX/docker
me=${0##*/}
printf '%s\n' "$me $*" >>"$SANDBOX/docker-calls"

unsupported() { echo "stub $me: not supported: $*" >&2; exit 64; }
daemon_error() { echo "Error response from daemon: $*" >&2; exit 1; }
exists() { [ -d "$containers/$1" ]; }
# The text of a container's file, without the newline at its end.
text_of() { IFS= read -rd '' REPLY <"$containers/$1/$2"; REPLY=${REPLY%$'\n'}; }
running() { text_of "$1" state; [ "$REPLY" = running ]; }

# The container whose name or id is given.
resolve() {
  local name=${1#/} directory
  if exists "$name"; then REPLY=$name; return; fi
  for directory in "$containers"/*/; do
    directory=${directory%/}
    text_of "${directory##*/}" id
    case $REPLY in "$name"*) REPLY=${directory##*/}; return ;; esac
  done
  echo "Error: No such container: $1" >&2
  return 1
}

now() { TZ=UTC0 printf '%(%Y-%m-%dT%H:%M:%S)T.%sZ\n' -1 "${EPOCHREALTIME#*[.,]}000"; }

start() {
  running "$1" && return
  echo running >"$containers/$1/state"
  now >"$containers/$1/started"
  [ ! -e "$containers/$1/on-start" ] || CONTAINER=$1 bash "$containers/$1/on-start" || {
    echo exited >"$containers/$1/state"
    echo "Error response from daemon: $1 did not start" >&2
    return 1
  }
}

stop() {
  running "$1" || return 0
  echo exited >"$containers/$1/state"
  now >"$containers/$1/finished"
  [ ! -e "$containers/$1/on-stop" ] || CONTAINER=$1 bash "$containers/$1/on-stop"
  end_executed "$1"
}

# What was started by docker exec -d ends with the container.
end_executed() {
  local group
  [ -e "$containers/$1/executed" ] || return 0
  while read -r group; do kill -9 -- "-$group" 2>/dev/null; done <"$containers/$1/executed"
  rm "$containers/$1/executed"
}

# The value of a container's label.
label() {
  local line
  REPLY=
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in "$2="*) REPLY=${line#"$2="} ;; esac
  done <"$containers/$1/labels"
}

# Whether a container has a label, KEY or KEY=VALUE.
labelled() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    case $2 in *=*) [ "$line" != "$2" ] || return 0 ;; *) [[ $line != "$2="* ]] || return 0 ;; esac
  done <"$containers/$1/labels"
  return 1
}

# A template with a container's values filled in.
render() {
  local name=$1 text=$2 key value directory=$containers/$1 state rest before policy id started code=0 networks='' finished=0001-01-01T00:00:00Z
  text_of "$name" state; state=$REPLY
  text_of "$name" id; id=$REPLY
  text_of "$name" started; started=$REPLY
  text_of "$name" policy; policy=$REPLY
  [ ! -e "$directory/finished" ] || { text_of "$name" finished; finished=$REPLY; }
  [ ! -e "$directory/exit-code" ] || { text_of "$name" exit-code; code=$REPLY; }
  [ ! -e "$directory/networks" ] || { text_of "$name" networks; networks="${REPLY//$'\n'/ } "; }
  while IFS=$'\t' read -r key value; do text=${text//"$key"/"$value"}; done <"$directory/fields"
  text=${text//'\n'/$'\n'}
  text=${text//'\t'/$'\t'}
  text=${text//"{{.Names}}"/"$name"}
  text=${text//"{{.Name}}"/"/$name"}
  text=${text//"{{.ID}}"/"${id:0:12}"}
  text=${text//"{{.Id}}"/"$id"}
  text=${text//"{{.State.Status}}"/"$state"}
  text=${text//"{{.State}}"/"$state"}
  text=${text//"{{.State.StartedAt}}"/"$started"}
  text=${text//"{{.State.FinishedAt}}"/"$finished"}
  text=${text//"{{.State.Restarting}}"/false}
  text=${text//"{{.RestartCount}}"/0}
  # No process stands for a container, unless a field says so.
  text=${text//"{{.State.Pid}}"/0}
  text=${text//"{{.HostConfig.RestartPolicy.Name}}"/"${policy%%:*}"}
  case $policy in *:*) policy=${policy#*:} ;; *) policy=0 ;; esac
  text=${text//"{{.HostConfig.RestartPolicy.MaximumRetryCount}}"/"$policy"}
  text=${text//"{{.State.ExitCode}}"/"$code"}
  if [ "$state" = running ]; then
    text=${text//"{{.State.Running}}"/true}
    text=${text//"{{.Status}}"/Up 2 hours}
  else
    text=${text//"{{.State.Running}}"/false}
    text=${text//"{{.Status}}"/Exited (0) 5 seconds ago}
  fi
  text=${text//'{{range $n, $v := .NetworkSettings.Networks}}{{$n}} {{end}}'/"$networks"}
  for rest in '{{index .Config.Labels "' '{{.Label "'; do
    while [[ $text == *"$rest"* ]]; do
      before=${text%%"$rest"*}
      key=${text#*"$rest"}
      value=${key#*'"}}'}
      key=${key%%'"'*}
      label "$name" "$key"
      text=$before$REPLY$value
    done
  done
  case $text in *'{{'*) unsupported "template $text" ;; esac
  printf '%s\n' "$text"
}

ps_() {
  local all='' quiet='' filters=() format='{{.ID}}   {{.Status}}   {{.Names}}' directory name filter ok statuses
  while [ $# -gt 0 ]; do
    case $1 in
      -a | --all) all=1 ;;
      -q | --quiet) quiet=1 ;;
      -aq | -qa) all=1 quiet=1 ;;
      --no-trunc) ;;
      -f | --filter) filters+=("$2"); shift ;;
      --filter=*) filters+=("${1#--filter=}") ;;
      --format) format=$2; shift ;;
      --format=*) format=${1#--format=} ;;
      *) unsupported "ps $1" ;;
    esac
    shift
  done
  if [ -n "$quiet" ]; then format='{{.ID}}'; fi
  for directory in "$containers"/*/; do
    [ -d "$directory" ] || continue
    name=${directory%/} name=${name##*/}
    ok=1 statuses=
    [ -n "$all" ] || [[ " ${filters[*]}" == *" status="* ]] || running "$name" || ok=
    for filter in "${filters[@]}"; do
      case $filter in
        name=*) [[ "/$name" =~ ${filter#name=} || $name =~ ${filter#name=} ]] || ok= ;;
        status=*) statuses="$statuses ${filter#status=} " ;;
        label=*) labelled "$name" "${filter#label=}" || ok= ;;
        *) unsupported "filter $filter" ;;
      esac
    done
    text_of "$name" state
    case $statuses in '' | *" $REPLY "*) ;; *) ok= ;; esac
    [ -z "$ok" ] || render "$name" "$format"
  done
}

each() {
  local action=$1 name status=0
  shift
  for name; do
    if resolve "$name" && name=$REPLY && "$action" "$name"; then echo "$name"; else status=1; fi
  done
  return $status
}

docker_() {
  local command=$1 name program format='' policy=''
  shift
  case $command in
    ps) ps_ "$@" ;;
    container) docker_ "$@" ;;
    version) case "$*" in *--format*) echo 20.10.24 ;; *) echo "Server: Docker Engine 20.10.24" ;; esac ;;
    info) echo "Server Version: 20.10.24" ;;
    inspect)
      while [ $# -gt 0 ]; do
        case $1 in
          -f | --format) format=$2; shift 2 ;;
          --format=*) format=${1#--format=}; shift ;;
          --type) shift 2 ;;
          --type=*) shift ;;
          --) shift; break ;;
          -*) unsupported "inspect $1" ;;
          *) break ;;
        esac
      done
      [ -n "$format" ] || unsupported "inspect without a format"
      local status=0
      for name; do
        if resolve "$name"; then render "$REPLY" "$format"; else status=1; fi
      done
      return $status
      ;;
    stop | start | restart | kill | rm)
      while [ $# -gt 0 ]; do
        case $1 in
          -t | --time | -s | --signal) policy=$2; shift 2 ;;
          --time=* | --signal=*) policy=${1#*=}; shift ;;
          -f | -v) shift ;;
          --) shift; break ;;
          -*) unsupported "$command $1" ;;
          *) break ;;
        esac
      done
      [ $# -gt 0 ] || { echo "\"docker $command\" requires at least 1 argument." >&2; return 1; }
      case $command in
        stop | start) each "$command" "$@" ;;
        restart) restart() { stop "$1"; start "$1"; }; each restart "$@" ;;
        kill) signal() {
          running "$1" || daemon_error "Container $1 is not running"
          echo "${policy:-KILL}" >>"$containers/$1/signals"
          case $policy in
            '' | KILL | SIGKILL)
              echo exited >"$containers/$1/state"
              echo 137 >"$containers/$1/exit-code"
              now >"$containers/$1/finished"
              [ ! -e "$containers/$1/on-kill" ] || CONTAINER=$1 bash "$containers/$1/on-kill"
              end_executed "$1"
              ;;
          esac
        }
        each signal "$@" ;;
        rm) remove() { rm -r "${containers:?}/$1"; }; each remove "$@" ;;
      esac
      ;;
    update)
      while [ $# -gt 0 ]; do
        case $1 in
          --restart) policy=$2; shift 2 ;;
          --restart=*) policy=${1#--restart=}; shift ;;
          --) shift; break ;;
          -*) unsupported "update $1" ;;
          *) break ;;
        esac
      done
      [ $# -gt 0 ] || { echo '"docker update" requires at least 1 argument.' >&2; return 1; }
      set_policy() { echo "$policy" >"$containers/$1/policy"; }
      each set_policy "$@"
      ;;
    exec)
      local detached=''
      while [ $# -gt 0 ]; do
        case $1 in
          -d | --detach) detached=1; shift ;;
          -i | -t | -it | -ti) shift ;;
          -u | --user | -e | --env | -w | --workdir) shift 2 ;;
          --) shift; break ;;
          -*) unsupported "exec $1" ;;
          *) break ;;
        esac
      done
      resolve "$1" || return 1
      name=$REPLY
      running "$name" || { text_of "$name" id; daemon_error "Container $REPLY is not running"; }
      shift
      program=$1
      export CONTAINER=$name PATH=$containers/$name/bin:$PATH
      if ! command -v "$program" >/dev/null; then
        echo "OCI runtime exec failed: exec failed: \"$program\": executable file not found in \$PATH" >&2
        return 126
      fi
      if [ -n "$detached" ]; then
        setsid "$@" </dev/null >/dev/null 2>&1 &
        echo $! >>"$containers/$name/executed"
        return 0
      fi
      "$@"
      ;;
    logs)
      local tail=all since=
      while [ $# -gt 0 ]; do
        case $1 in
          --tail | -n) tail=$2; shift 2 ;;
          --tail=*) tail=${1#--tail=}; shift ;;
          --since) since=$2; shift 2 ;;
          -t | --timestamps) shift ;;
          -*) unsupported "logs $1" ;;
          *) break ;;
        esac
      done
      resolve "$1" || return 1
      name=$REPLY
      case $since in ????-??-*) ;; *) since= ;; esac
      # Of a log whose lines begin with their times, only those since then.
      awk -v since="$since" '!/^[0-9-]+T[0-9:.]+Z / || $1 >= since' "$containers/$name/log" |
        if [ "$tail" = all ]; then cat; else tail -n "$tail"; fi
      ;;
    top)
      resolve "$1" || return 1
      name=$REPLY
      running "$name" || { text_of "$name" id; daemon_error "Container $REPLY is not running"; }
      shift
      if [ -e "$containers/$name/nginx-up" ]; then
        ps -s "$(tail -n 1 "$containers/$name/executed")" "${@/#-eo/-o}"
      else
        cat "$containers/$name/top"
      fi
      ;;
    network)
      [ "$1 $2" = "connect --alias" ] || unsupported "network $*"
      resolve "$5" || return 1
      echo "$4" >>"$containers/$REPLY/networks"
      ;;
    image)
      case $1 in
        ls) [ ! -e "$SANDBOX/docker-images" ] || cat "$SANDBOX/docker-images" ;;
        inspect) grep -qF -- "${*: -1}" "$SANDBOX/docker-images" 2>/dev/null || { echo "Error: No such image: ${*: -1}" >&2; return 1; } ;;
        *) unsupported "image $1" ;;
      esac
      ;;
    run) [ -e "$SANDBOX/docker-run" ] || unsupported "run"; bash "$SANDBOX/docker-run" "$@" ;;
    compose) compose "$@" ;;
    *) unsupported "$command" ;;
  esac
}

# The containers of a compose file: those that carry it as a label; of these services only, if any are named.
of_project() {
  local directory name service
  for directory in "$containers"/*/; do
    name=${directory%/} name=${name##*/}
    label "$name" com.docker.compose.project.config_files
    [ "$REPLY" = "$file" ] || continue
    if [ $# -eq 0 ]; then echo "$name"; continue; fi
    for service; do
      label "$name" com.docker.compose.service
      [ "$REPLY" != "$service" ] || echo "$name"
    done
  done
}

compose() {
  local file=docker-compose.yml command name flag=''
  while [ $# -gt 0 ]; do
    case $1 in
      -f | --file) file=$2; shift 2 ;;
      -p | --project-name | --project-directory) shift 2 ;;
      --no-ansi) shift ;;
      -v | --version) echo "docker-compose version 1.29.2, build unknown"; return ;;
      -*) unsupported "compose $1" ;;
      *) break ;;
    esac
  done
  command=$1
  shift
  if [ "$command" = version ]; then echo "docker-compose version 1.29.2, build unknown"; return; fi
  [ "$file" = - ] || [ -e "$file" ] || { echo "ERROR: .FileNotFoundError: [Errno 2] No such file or directory: '$file'" >&2; return 1; }
  [ "$file" = - ] || file=$(realpath "$file")
  while [ $# -gt 0 ]; do
    case $1 in
      -t | --timeout) shift 2 ;;
      -*) flag="$flag $1"; shift ;;
      *) break ;;
    esac
  done
  case $command in
    up) [[ $flag == *-d* || $flag == *--no-start* ]] || unsupported "up without -d"
      for name in $(of_project "$@"); do
        [ ! -e "$containers/$name/on-create" ] || CONTAINER=$name bash "$containers/$name/on-create"
      done
      [[ $flag != *--no-start* ]] || return 0
      for name in $(of_project "$@"); do start "$name"; done ;;
    start) for name in $(of_project "$@"); do start "$name"; done ;;
    stop) for name in $(of_project "$@"); do stop "$name"; done ;;
    restart) for name in $(of_project "$@"); do stop "$name"; start "$name"; done ;;
    ps) for name in $(of_project "$@"); do if [[ $flag == *-q* ]]; then text_of "$name" id; echo "$REPLY"; else text_of "$name" state; echo "$name $REPLY"; fi; done ;;
    down) for name in $(of_project); do rm -r "${containers:?}/$name"; done ;;
    config) [ "$file" != - ] || { file=$(mktemp); trap 'rm -f "$file"' EXIT; cat >"$file"; }
      grep -q '^services:' "$file" || { echo "ERROR: The Compose file '$file' is invalid" >&2; return 1; }
      case $flag in *' -q'* | *--quiet*) ;; *--services*) sed -n '/^services:/,/^[a-z]/s/^  \([a-z_]*\):.*/\1/p' "$file" ;; *) cat "$file" ;; esac ;;
    *) unsupported "compose $command" ;;
  esac
}

[ -d "$containers" ] || mkdir -p "$containers"
if [ "$me" = docker-compose ]; then compose "$@"; else docker_ "$@"; fi
