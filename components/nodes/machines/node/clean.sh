# Removes everything that a stack created on a machine, whether or not Pulumi recorded it. Leaves a machine of another stack
# alone, and a swarm that this stack did not put the machine into. After a failure it keeps the files needed to try again.
#
# Needs the function apt_get (lib/node/apt.sh), and NODE, OWNER, KEEP, LIB, CLOCK, MARK, STACK_LABEL, OWNER_LABEL, REGISTRY, REGISTRY_IMAGE, FULL (yes or no).

failed=0
say() { echo "$NODE: $1" >&2; }
error() { say "$*"; failed=1; }
[ -f "$KEEP/owner" ] || exit 0
[ "$(cat "$KEEP/owner")" = "$OWNER" ] || { say "is used by another stack and was not cleaned: $(cat "$KEEP/owner")"; exit 0; }

[ ! -f "$CLOCK/remove" ] || sh "$CLOCK/remove" >&2 || error "could not remove the clock synchronisation"

# Whether a process is this machine's Docker engine. After a crash of the engine another process may have its id, also the
# engine of a container.
is_engine() {
  case $1 in "" | *[!0-9]*) return 1 ;; esac
  [ "$(cat "/proc/$1/comm" 2>/dev/null)" = dockerd ] &&
    [ "$(readlink "/proc/$1/ns/pid")" = "$(readlink /proc/self/ns/pid)" ]
}

list() { docker "$@" --quiet --filter "label=$STACK_LABEL" --filter "label=$OWNER_LABEL"; }

leave_swarm() {
  [ -f "$MARK" ] || return 0
  [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" != inactive ] || return 0
  if [ -f "$MARK.node" ] && [ "$(docker info --format '{{.Swarm.NodeID}}')" != "$(cat "$MARK.node")" ]; then
    say "is now in another swarm, which it does not leave"
  else
    docker swarm leave --force >/dev/null || error "could not leave the swarm"
  fi
}

if command -v docker >/dev/null && ! docker info >/dev/null 2>&1; then
  if [ -d /run/systemd/system ]; then systemctl start docker </dev/null >/dev/null 2>&1 || true
  else service docker start </dev/null >/dev/null 2>&1 || true
  fi
  tries=20
  until docker info >/dev/null 2>&1 || [ "$tries" -eq 0 ]; do tries=$((tries - 1)); sleep 0.5; done
fi
if docker info >/dev/null 2>&1; then
  leave_swarm
  # The engine removes tasks too after its node left. Only objects that remain at the end count as failures.
  tries=40
  while :; do
    for id in $(list ps --all); do docker rm --force --volumes "$id" >/dev/null 2>&1 || true; done
    for id in $(list volume ls); do docker volume rm --force "$id" >/dev/null 2>&1 || true; done
    for id in $(list network ls); do docker network rm "$id" >/dev/null 2>&1 || true; done
    left=$(list ps --all; list volume ls; list network ls)
    if [ -z "$left" ] || [ "$tries" -eq 0 ]; then break; fi
    tries=$((tries - 1))
    sleep 0.5
  done
  [ -z "$left" ] || error "could not remove the containers, volumes or networks" $left
  # By name: an image may also have names that do not belong to the stack.
  pulled() {
    docker images --all --digests --format '{{.Repository}} {{.Tag}} {{.Digest}}' |
      awk -v from="$REGISTRY/" 'index($1, from) == 1 { if ($2 != "<none>") print $1 ":" $2; if ($3 != "<none>") print $1 "@" $3 }'
  }
  for image in $(pulled); do docker rmi "$image" >/dev/null 2>&1 || true; done # removing one name may remove others
  left=$(pulled)
  [ -z "$left" ] || error "could not remove the images" $left
  if [ ! -f "$KEEP/registry.before" ]; then
    for image in $(docker images --format '{{.Repository}}:{{.Tag}}' "$REGISTRY_IMAGE"); do
      docker rmi "$image" >/dev/null || error "could not remove the image $image"
    done
  fi
  # Docker creates this network for a swarm and never removes it.
  [ -f "$KEEP/gwbridge.before" ] || docker network rm docker_gwbridge >/dev/null 2>&1 || true
elif command -v docker >/dev/null && [ -f "$MARK" ]; then
  error "its Docker engine does not answer, so objects of the stack remain; start the engine, then run: sudo sh $KEEP/clean"
fi
[ "$failed" -eq 0 ] || exit 1
rm -f "$MARK" "$MARK.node"

if [ -f "$KEEP/daemon.ours" ] && [ "$(cat /etc/docker/daemon.json 2>/dev/null)" = "$(cat "$KEEP/daemon.ours")" ]; then
  if [ -f "$KEEP/daemon.before" ]; then cp "$KEEP/daemon.before" /etc/docker/daemon.json
  else rm -f /etc/docker/daemon.json
  fi
  if [ -d /run/systemd/system ]; then systemctl reload docker </dev/null 2>/dev/null || true # the engine may be stopped
  else
    pid=$(cat /var/run/docker.pid 2>/dev/null) || pid=
    ! is_engine "$pid" || kill -HUP "$pid" 2>/dev/null || true
  fi
fi
if [ -f "$KEEP/group" ]; then gpasswd -d "$(cat "$KEEP/group")" docker >/dev/null 2>&1 || true; fi

# An engine may keep running the gossip protocol of a swarm that it left (Docker 20.10, when all nodes leave at the same time).
# In the next swarm, overlay networks would not work on this node until the engine restarts.
gossips() {
  docker info >/dev/null 2>&1 && [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" = inactive ] &&
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == "0A" && $2 ~ /:1F0A$/ { listens = 1 } END { exit !listens }' # 7946
}
not_restarted() { say "its Docker engine still uses the swarm that it left and could not be restarted: restart it before another swarm uses it"; }
tries=10
while gossips && [ "$tries" -gt 0 ]; do tries=$((tries - 1)); sleep 0.2; done
if [ "$tries" -eq 0 ]; then
  if [ -n "$(docker ps --quiet)" ]; then
    say "its Docker engine still uses the swarm that it left: restart it before another swarm uses it. It was not restarted because other containers are running"
  elif [ -d /run/systemd/system ]; then systemctl restart docker </dev/null >/dev/null 2>&1 || not_restarted
  else service docker restart </dev/null >/dev/null 2>&1 || not_restarted
  fi
fi

existed() { grep -qxF "$1" "$KEEP/before" 2>/dev/null; }

# Packages that others depend on now are not removed.
remove_packages() {
  if command -v apt-get >/dev/null; then
    wanted=$(wc -l < "$KEEP/packages")
    going=$(xargs apt-get -s purge < "$KEEP/packages" 2>/dev/null | grep -c '^Purg') || true # grep fails if there are none
    [ "$going" -le "$wanted" ] || { say "packages were kept because other packages need them: $(tr '\n' ' ' < "$KEEP/packages")"; return; }
    apt_get purge -y $(cat "$KEEP/packages")
  else
    xargs rpm --erase < "$KEEP/packages" >/dev/null 2>&1 # fails if other packages need them
  fi || error "packages could not be removed: $(tr '\n' ' ' < "$KEEP/packages")"
}

# What is left on the engine, or in its data folder if it does not answer. The stack's own objects have been removed.
others() {
  if docker info >/dev/null 2>&1; then
    docker ps --all --format 'container {{.Names}}'
    docker volume ls --format 'volume {{.Name}}'
    docker network ls --format '{{.Name}}' | grep -vxE 'bridge|host|none|docker_gwbridge|ingress' | sed 's/^/network /'
    docker images --format 'image {{.Repository}}:{{.Tag}}' | grep -vxF 'image <none>:<none>'
  else
    for object in /var/lib/docker/containers/* /var/lib/docker/volumes/*/; do [ ! -d "$object" ] || echo "$object"; done
  fi
}
if [ "$FULL" = yes ] && [ -s "$KEEP/packages" ]; then
  found=$(others | head -n 5 | tr '\n' ',' | sed 's/,$//; s/,/, /g')
  if [ -n "$found" ]; then
    say "its Docker and the data were kept, because others now use Docker: $found. To remove both, remove these, then the packages: $(tr '\n' ' ' < "$KEEP/packages")"
    FULL=no
  fi
fi

if [ "$FULL" = yes ] && [ -s "$KEEP/packages" ]; then
  if [ -d /run/systemd/system ]; then
    systemctl stop docker docker.socket </dev/null >/dev/null 2>&1 || true
    existed containerd || systemctl stop containerd </dev/null >/dev/null 2>&1 || true
  else service docker stop </dev/null >/dev/null 2>&1 || true
  fi
  remove_packages
  ip link delete docker0 2>/dev/null || true # the engine does not remove it
  for folder in /var/lib/docker /var/lib/containerd /etc/docker; do
    existed "$folder" && continue
    # A mount point cannot be removed, only emptied.
    rm -rf "$folder" 2>/dev/null || [ -z "$(ls -A "$folder")" ] || error "could not remove all of $folder"
  done
fi
[ "$failed" -eq 0 ] || exit 1
rm -rf "$LIB"
