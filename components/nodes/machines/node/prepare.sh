# Prepares a machine as a node: a Docker engine that trusts the stack's registry. Idempotent. Records its changes in KEEP so that
# CLEAN can undo them. Output: the ids of the engine and the machine.
#
# Needs the function apt_get (lib/node/apt.sh), and NODE, USER_NAME, OWNER, KEEP, MARK, DAEMON (the engine's configuration), REGISTRY, REGISTRY_IMAGE, ADDRESS, CLEAN (the
# script that undoes the changes).

say() { echo "$NODE: $1" >&2; }
fail() { say "$1"; exit 1; }

umask 022
mkdir -p "$KEEP"
# Claims the machine. Creating a hard link is atomic, so if two stacks try at the same time, exactly one gets the machine.
printf '%s\n' "$OWNER" > "$KEEP/owner.$$"
ln "$KEEP/owner.$$" "$KEEP/owner" 2>/dev/null || true # it exists: checked below
rm -f "$KEEP/owner.$$"
[ "$(cat "$KEEP/owner")" = "$OWNER" ] || fail "is used by another stack: $(cat "$KEEP/owner")"
# Records what existed before, so that it is not removed at the end.
record_existing() {
  ! docker network inspect docker_gwbridge >/dev/null 2>&1 || touch "$KEEP/gwbridge.before"
  [ -z "$(docker images --quiet "$REGISTRY_IMAGE" 2>/dev/null)" ] || touch "$KEEP/registry.before"
  for folder in /var/lib/docker /var/lib/containerd /etc/docker; do
    # An empty folder may be a mount point.
    [ -z "$(ls -A "$folder" 2>/dev/null)" ] || echo "$folder"
  done > "$KEEP/before.new"
  ! command -v containerd >/dev/null || echo containerd >> "$KEEP/before.new"
  mv "$KEEP/before.new" "$KEEP/before" # last: without it nothing was changed yet
}
[ -f "$KEEP/before" ] || record_existing
printf '%s\n' "$CLEAN" > "$KEEP/clean"
printf '%s\n' "$NODE" > "$KEEP/node"

ip -o -4 address show | awk '{ split($4, own, "/"); print own[1] }' | grep -qxF "$ADDRESS" ||
  fail "no longer has the address $ADDRESS"

for module in overlay br_netfilter vxlan; do modprobe "$module" 2>/dev/null || true; done # built in or not available

packager() {
  for candidate in apt-get dnf yum; do
    if command -v "$candidate" >/dev/null; then echo "$candidate"; return; fi
  done
}

list_packages() {
  if command -v dpkg-query >/dev/null; then dpkg-query -W -f '${Package}\n'
  else rpm -qa --qf '%{NAME}\n'
  fi | LC_ALL=C sort -u
}

# Installs Docker, whose package name depends on the distribution, and other missing programs.
install_missing() {
  log=$(mktemp)
  docker=$1
  case $(packager) in
    apt-get)
      apt_get update || say "apt-get update failed; continuing with the existing package lists"
      names=
      if [ "$docker" = yes ]; then
        names="docker.io iptables"
        # Some distributions have a separate package for the command.
        ! apt-cache show docker-cli >/dev/null 2>&1 || names="$names docker-cli"
      fi
      command -v curl >/dev/null || names="$names curl"
      [ -z "$names" ] || apt_get install -y --no-remove --no-install-recommends $names ;;
    dnf | yum)
      names="moby-engine docker-ce"
      [ "$docker" = no ] || for name in $names; do
        "$(packager)" --quiet --assumeyes install "$name" iptables </dev/null >"$log" 2>&1 && break
      done
      command -v curl >/dev/null || "$(packager)" --quiet --assumeyes install curl </dev/null >>"$log" 2>&1 ;;
    *) names= ; false ;;
  esac || true # checked below
  if ! command -v docker >/dev/null || ! command -v curl >/dev/null; then
    tail -n 5 "$log" >&2
    rm -f "$log"
    [ "${apt_locked:-no}" = no ] || exit 1
    fail "Docker or curl could not be installed${names:+ (package $names)}; install it on the machine by hand, then run this command again"
  fi
  rm -f "$log"
}

# Records the installed packages. packages.before, written before the installation, also survives an interrupted one.
record_packages() {
  [ -f "$KEEP/packages.before" ] || return 0
  list_packages | LC_ALL=C comm -13 "$KEEP/packages.before" - > "$KEEP/packages"
  rm -f "$KEEP/packages.before"
}

start_docker() {
  if [ -d /run/systemd/system ]; then systemctl enable --now docker </dev/null >/dev/null 2>&1
  else service docker start </dev/null >/dev/null 2>&1
  fi
}

# Whether a process is this machine's Docker engine. After a crash of the engine another process may have its id, also the
# engine of a container.
is_engine() {
  case $1 in "" | *[!0-9]*) return 1 ;; esac
  [ "$(cat "/proc/$1/comm" 2>/dev/null)" = dockerd ] &&
    [ "$(readlink "/proc/$1/ns/pid")" = "$(readlink /proc/self/ns/pid)" ]
}

# Restarts an engine that was just installed. An existing engine only reloads its configuration, to keep its containers running.
apply_config() {
  if [ -f "$KEEP/packages" ] && [ ! -f "$MARK" ]; then
    if [ -d /run/systemd/system ]; then systemctl restart docker </dev/null
    else service docker restart </dev/null >/dev/null 2>&1
    fi
  elif [ -d /run/systemd/system ]; then systemctl reload docker </dev/null
  else
    pid=$(cat /var/run/docker.pid 2>/dev/null) || pid=
    is_engine "$pid" || { echo "process ${pid:-none} in /var/run/docker.pid is not this machine's Docker engine; restart it: service docker restart" >&2; return 1; }
    kill -HUP "$pid"
  fi
}

engine() { docker info --format '{{.ID}}' 2>/dev/null; }

fresh=no
if ! command -v docker >/dev/null || [ -f "$KEEP/packages.before" ]; then
  say "installing Docker"
  fresh=yes
  [ -f "$KEEP/packages.before" ] || { list_packages > "$KEEP/packages.new" && mv "$KEEP/packages.new" "$KEEP/packages.before"; }
  mkdir -p /etc/docker
  [ -f /etc/docker/daemon.json ] || printf '%s\n' "$DAEMON" > /etc/docker/daemon.json
  install_missing yes
  record_packages
  say "Docker is installed: $(docker --version)"
elif ! command -v curl >/dev/null; then
  install_missing no
fi

changed=no
mkdir -p /etc/docker
if [ "$(cat /etc/docker/daemon.json 2>/dev/null)" != "$DAEMON" ]; then
  if [ -f /etc/docker/daemon.json ] && [ ! -f "$KEEP/daemon.ours" ]; then
    cp /etc/docker/daemon.json "$KEEP/daemon.before"
  fi
  printf '%s\n' "$DAEMON" > /etc/docker/daemon.json.swarmbench
  mv /etc/docker/daemon.json.swarmbench /etc/docker/daemon.json
  changed=yes
fi
cp /etc/docker/daemon.json "$KEEP/daemon.ours"

if ! engine >/dev/null; then
  start_docker || true # checked below
elif [ "$changed" = yes ] || [ "$fresh" = yes ]; then
  apply_config || true
fi

end=$(( $(date +%s) + 60 ))
until id=$(engine) && [ -n "$id" ] && docker info --format '{{json .RegistryConfig}}' | grep -qF "$REGISTRY"; do
  [ "$(date +%s)" -lt "$end" ] ||
    fail "its Docker engine does not answer, or does not trust $REGISTRY, after 60 s; see: journalctl -u docker, /var/log/docker.log"
  sleep 0.3
done

# Lets the docker command be used over ssh without root.
if [ "$USER_NAME" != root ] && ! id -nG "$USER_NAME" | tr ' ' '\n' | grep -qx docker; then
  usermod -aG docker "$USER_NAME"
  echo "$USER_NAME" > "$KEEP/group"
fi
say "ready at $ADDRESS"
echo "$id $(cat /etc/machine-id 2>/dev/null || uname -n)"
