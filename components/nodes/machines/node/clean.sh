# Takes off a machine what a stack has made there, known to Pulumi or not; a machine that is another stack's is left alone, and
# so is a swarm that is not the one that we put it into. What could not be taken off keeps the means to try again.
#
# Needs NODE, OWNER, KEEP, LIB, CLOCK, MARK, STACK_LABEL, OWNER_LABEL, REGISTRY, REGISTRY_IMAGE, FULL (yes or no).

failed=0
say() { echo "$NODE: $1" >&2; }
bad() { say "$*"; failed=1; }
[ -f "$KEEP/owner" ] || exit 0
[ "$(cat "$KEEP/owner")" = "$OWNER" ] || { say "is used by another stack, left alone: $(cat "$KEEP/owner")"; exit 0; }

[ ! -f "$CLOCK/remove" ] || sh "$CLOCK/remove" >&2 || bad "the clock sync could not be taken off"

ours() { docker "$@" --quiet --filter "label=$STACK_LABEL" --filter "label=$OWNER_LABEL"; }

leave_swarm() {
  [ -f "$MARK" ] || return 0
  [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" != inactive ] || return 0
  if [ -f "$MARK.node" ] && [ "$(docker info --format '{{.Swarm.NodeID}}')" != "$(cat "$MARK.node")" ]; then
    say "is in another swarm than ours by now, which it stays in"
  else
    docker swarm leave --force >/dev/null || bad "could not leave the swarm"
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
  # Tasks end as their node leaves, by the engine's own hand too: what is left at the end counts, not what was refused.
  tries=40
  while :; do
    for id in $(ours ps --all); do docker rm --force --volumes "$id" >/dev/null 2>&1 || true; done
    for id in $(ours volume ls); do docker volume rm --force "$id" >/dev/null 2>&1 || true; done
    for id in $(ours network ls); do docker network rm "$id" >/dev/null 2>&1 || true; done
    left=$(ours ps --all; ours volume ls; ours network ls)
    if [ -z "$left" ] || [ "$tries" -eq 0 ]; then break; fi
    tries=$((tries - 1))
    sleep 0.5
  done
  [ -z "$left" ] || bad "could not remove the containers, volumes or networks" $left
  # By their names: an image may have others too, which are not ours.
  pulled() {
    docker images --digests --format '{{.Repository}} {{.Tag}} {{.Digest}}' |
      awk -v from="$REGISTRY/" 'index($1, from) == 1 { if ($2 != "<none>") print $1 ":" $2; if ($3 != "<none>") print $1 "@" $3 }'
  }
  for image in $(pulled); do docker rmi "$image" >/dev/null 2>&1 || true; done # one name may go with another
  left=$(pulled)
  [ -z "$left" ] || bad "could not remove the images" $left
  if [ ! -f "$KEEP/registry.before" ]; then
    for image in $(docker images --format '{{.Repository}}:{{.Tag}}' "$REGISTRY_IMAGE"); do
      docker rmi "$image" >/dev/null || bad "could not remove the image $image"
    done
  fi
  # Docker makes it for a swarm, and leaves it there.
  [ -f "$KEEP/gwbridge.before" ] || docker network rm docker_gwbridge >/dev/null 2>&1 || true
elif command -v docker >/dev/null && [ -f "$MARK" ]; then
  bad "its Docker engine does not answer, and still has what is ours; start it, then: sudo sh $KEEP/clean"
fi
[ "$failed" -eq 0 ] || exit 1
rm -f "$MARK" "$MARK.node"

if [ -f "$KEEP/daemon.ours" ] && [ "$(cat /etc/docker/daemon.json 2>/dev/null)" = "$(cat "$KEEP/daemon.ours")" ]; then
  if [ -f "$KEEP/daemon.before" ]; then cp "$KEEP/daemon.before" /etc/docker/daemon.json
  else rm -f /etc/docker/daemon.json
  fi
  if [ -d /run/systemd/system ]; then systemctl reload docker </dev/null 2>/dev/null || true # it may not run
  else kill -HUP "$(cat /var/run/docker.pid 2>/dev/null)" 2>/dev/null || true
  fi
fi
if [ -f "$KEEP/group" ]; then gpasswd -d "$(cat "$KEEP/group")" docker >/dev/null 2>&1 || true; fi

# An engine may go on with the gossip of a swarm that it left (Docker 20.10, where all nodes leave at once). Of the next swarm
# it would be a node on which no network between machines works, until it starts anew.
gossips() {
  docker info >/dev/null 2>&1 && [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" = inactive ] &&
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == "0A" && $2 ~ /:1F0A$/ { found = 1 } END { exit !found }' # 7946
}
not_anew() { say "its Docker engine holds on to the swarm that it left, and could not be started anew: do that before another swarm uses it"; }
tries=10
while gossips && [ "$tries" -gt 0 ]; do tries=$((tries - 1)); sleep 0.2; done
if [ "$tries" -eq 0 ]; then
  if [ -n "$(docker ps --quiet)" ]; then
    say "its Docker engine holds on to the swarm that it left, and will be of no use in another until it is started anew; that is yours to do, since it has containers of others"
  elif [ -d /run/systemd/system ]; then systemctl restart docker </dev/null >/dev/null 2>&1 || not_anew
  else service docker restart </dev/null >/dev/null 2>&1 || not_anew
  fi
fi

had() { grep -qxF "$1" "$KEEP/before" 2>/dev/null; }

# Others may have come to need what came with Docker: then it stays.
remove_packages() {
  if command -v apt-get >/dev/null; then
    wanted=$(wc -l < "$KEEP/packages")
    going=$(xargs apt-get -s purge < "$KEEP/packages" 2>/dev/null | grep -c '^Purg') || true # of none it says so too
    [ "$going" -le "$wanted" ] || { say "packages stay, since others need them: $(tr '\n' ' ' < "$KEEP/packages")"; return; }
    xargs env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 purge -y < "$KEEP/packages" >/dev/null 2>&1
  else
    xargs rpm --erase < "$KEEP/packages" >/dev/null 2>&1 # which refuses where others need them
  fi || bad "packages could not be removed: $(tr '\n' ' ' < "$KEEP/packages")"
}

if [ "$FULL" = yes ] && [ -s "$KEEP/packages" ]; then
  if [ -d /run/systemd/system ]; then
    systemctl stop docker docker.socket </dev/null >/dev/null 2>&1 || true
    had containerd || systemctl stop containerd </dev/null >/dev/null 2>&1 || true
  else service docker stop </dev/null >/dev/null 2>&1 || true
  fi
  remove_packages
  ip link delete docker0 2>/dev/null || true # its engine leaves it there
  for folder in /var/lib/docker /var/lib/containerd /etc/docker; do
    had "$folder" && continue
    # Where a disk is mounted the folder stays, empty.
    rm -rf "$folder" 2>/dev/null || [ -z "$(ls -A "$folder")" ] || bad "could not remove all of $folder"
  done
fi
[ "$failed" -eq 0 ] || exit 1
rm -rf "$LIB"
