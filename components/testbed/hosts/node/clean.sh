# Takes off a machine what a stack has made there, known to Pulumi or not; a machine that is another stack's is left alone.
#
# Needs NODE, OWNER, KEEP, LIB, CLOCK, MARK, STACK_LABEL, OWNER_LABEL, REGISTRY, REGISTRY_IMAGE, FULL (yes or no).

say() { echo "$NODE: $1" >&2; }
[ -f "$KEEP/owner" ] || exit 0
[ "$(cat "$KEEP/owner")" = "$OWNER" ] || { say "is used by another stack, left alone: $(cat "$KEEP/owner")"; exit 0; }

[ ! -f "$CLOCK/remove" ] || sh "$CLOCK/remove" >&2 || say "the clock sync could not be taken off"

ours() { docker "$@" --quiet --filter "label=$STACK_LABEL" --filter "label=$OWNER_LABEL"; }
each() { while read -r id; do "$@" "$id" >/dev/null || say "could not: $* $id"; done; }

if docker info >/dev/null 2>&1; then
  if [ -f "$MARK" ] && [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" != inactive ]; then
    docker swarm leave --force >/dev/null || say "could not leave the swarm"
  fi
  # Tasks end as their node leaves; who has them a moment longer must not stop us.
  ours ps --all | each docker rm --force --volumes
  ours volume ls | each docker volume rm --force
  ours network ls | each docker network rm
  docker images --format '{{.Repository}} {{.ID}}' | awk -v from="$REGISTRY/" 'index($1, from) == 1 { print $2 }' | sort -u |
    each docker rmi --force
  [ -f "$KEEP/registry.before" ] || docker images --quiet "$REGISTRY_IMAGE" | sort -u | each docker rmi --force
  # Docker makes it for a swarm, and leaves it there.
  [ -f "$KEEP/gwbridge.before" ] || docker network rm docker_gwbridge >/dev/null 2>&1 || true
fi
rm -f "$MARK"

if [ -f "$KEEP/daemon.ours" ] && [ "$(cat /etc/docker/daemon.json 2>/dev/null)" = "$(cat "$KEEP/daemon.ours")" ]; then
  if [ -f "$KEEP/daemon.before" ]; then cp "$KEEP/daemon.before" /etc/docker/daemon.json
  else rm -f /etc/docker/daemon.json
  fi
  if [ -d /run/systemd/system ]; then systemctl reload docker </dev/null 2>/dev/null || true # it may not run
  else kill -HUP "$(cat /var/run/docker.pid 2>/dev/null)" 2>/dev/null || true
  fi
fi
if [ -f "$KEEP/group" ]; then gpasswd -d "$(cat "$KEEP/group")" docker >/dev/null 2>&1 || true; fi

if [ "$FULL" = yes ] && [ -s "$KEEP/packages" ]; then
  if [ -d /run/systemd/system ]; then systemctl stop docker docker.socket containerd </dev/null >/dev/null 2>&1 || true
  else service docker stop </dev/null >/dev/null 2>&1 || true
  fi
  if command -v apt-get >/dev/null; then
    xargs env DEBIAN_FRONTEND=noninteractive apt-get -qq purge -y < "$KEEP/packages" >/dev/null 2>&1 ||
      say "packages could not be removed: $(tr '\n' ' ' < "$KEEP/packages")"
  else
    xargs "$(command -v dnf || command -v yum)" --quiet --assumeyes remove < "$KEEP/packages" >/dev/null 2>&1 ||
      say "packages could not be removed: $(tr '\n' ' ' < "$KEEP/packages")"
  fi
  ip link delete docker0 2>/dev/null || true # its engine leaves it there
  for folder in /var/lib/docker /var/lib/containerd /etc/docker; do
    # Where a disk is mounted the folder stays, empty.
    rm -rf "$folder" 2>/dev/null || [ -z "$(ls -A "$folder")" ] || say "could not remove all of $folder"
  done
fi
rm -rf "$LIB"
