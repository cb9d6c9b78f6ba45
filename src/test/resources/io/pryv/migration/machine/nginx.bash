# The processes of an nginx: a master, which reads its files ($1/nginx-read) when it starts and at each SIGHUP,
# and one worker, begun anew whenever they are read. They end when their sandbox has gone.
home=$1
worker=
# A worker is known by its program's name and by its title.
cp -f -- "$(command -v sleep)" "$home/nginx"

read_files() {
  local old=$worker
  bash "$home/nginx-read" || return
  (exec -a 'nginx: worker process' "$home/nginx" 3600) &
  worker=$!
  [ -z "$old" ] || kill "$old"
}

trap read_files HUP
read_files
touch -- "$home/nginx-up"
while [ -d "$home" ]; do
  sleep 1 &
  wait $!
done
kill "$worker"
