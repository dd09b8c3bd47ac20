# Inspects a machine without changing it. Prints `name=value` lines; some names occur several times.
#
# Needs FIREWALL_PORTS (such as `2377/tcp …`), NAMES (pattern of the stack's containers and volumes, as `container name` and
# `volume name`), STACK_LABEL, KEEP, MARK.

report() { printf '%s=%s\n' "$1" "$2"; }
first_line() { head -n 1 | tr -d '\r'; }

report time "$(date +%s.%N)"
report uid "$(id -u)"
report user "${SUDO_USER:-$(id -un)}"
report hostname "$(uname -n)"
report kernel "$(uname -sr)"
report arch "$(uname -m)"
report machine "$(cat /etc/machine-id 2>/dev/null | first_line)"
(. /etc/os-release 2>/dev/null && printf 'os=%s\n' "${PRETTY_NAME:-$ID}") || report os unknown
report cpus "$(getconf _NPROCESSORS_ONLN)"
awk '/^MemTotal:/ { printf "memoryMiB=%d\n", $2 / 1024 }' /proc/meminfo

# Bit 25 is CAP_SYS_TIME. Containers without it share the clock of their host.
awk '/^CapEff:/ { value = substr($2, length($2) - 6, 1); print "setsClock=" (index("2367abefABEF", value) > 0 ? "yes" : "no") }' /proc/self/status

for program in apt-get dnf yum; do
  if command -v "$program" >/dev/null; then report packager "$program"; break; fi
done
if [ -d /run/systemd/system ]; then report init systemd
elif command -v service >/dev/null; then report init service
else report init none
fi

# A text that may contain line breaks or null bytes.
encoded() { base64 | tr -d '\n'; }

case $(stat -f -c %T /sys/fs/cgroup 2>/dev/null) in
  cgroup2fs) report cgroup 2 ;;
  tmpfs) report cgroup 1 ;;
esac

image_folder=
if command -v docker >/dev/null; then
  report docker "$(docker --version 2>/dev/null | first_line)"
  report dockerProgram "$(command -v docker)"
  if engine=$(docker info --format '{{.ID}} {{.ServerVersion}} {{.Swarm.LocalNodeState}} {{.Swarm.NodeID}}' 2>/dev/null) && [ -n "$engine" ]; then
    report engine "$engine"
    root=$(docker info --format '{{.DockerRootDir}}')
    report engineInfo "$(docker info --format '{{json .}}' 2>/dev/null | encoded)"
    report oldestApi "$(docker version --format '{{.Server.MinAPIVersion}}' 2>/dev/null)"
    # containerd keeps the images, if the engine leaves that to it (the default of new installations from Docker 29 on).
    ! docker info --format '{{json .DriverStatus}}' | grep -qF io.containerd.snapshotter || image_folder=/var/lib/containerd
    engine_pid=$(cat /var/run/docker.pid 2>/dev/null) || engine_pid=none
    [ "$(cat "/proc/$engine_pid/comm" 2>/dev/null)" != dockerd ] || report dockerd "$(encoded < "/proc/$engine_pid/cmdline")"
    # Names that the stack needs, but that belong to objects without the stack's label.
    own=$(docker ps --all --filter "label=$STACK_LABEL" --format 'container {{.Names}}'
      docker volume ls --filter "label=$STACK_LABEL" --format 'volume {{.Name}}')
    { docker ps --all --format 'container {{.Names}}'; docker volume ls --format 'volume {{.Name}}'; } |
      grep -E "^($NAMES)\$" | grep -vxF "${own:-nothing}" | sed 's/^/taken=/'
  fi
fi
[ ! -f /etc/docker/daemon.json ] || report daemon "$(encoded < /etc/docker/daemon.json)"
[ ! -f "$MARK" ] || report mark "$(first_line < "$MARK")"
[ ! -f "$MARK.node" ] || report markNode "$(first_line < "$MARK.node")"
[ ! -f "$KEEP/node" ] || report node "$(first_line < "$KEEP/node")"
[ ! -f "$KEEP/owner" ] || report owner "$(first_line < "$KEEP/owner")"
# packages.before exists if an installation was interrupted.
for list in packages packages.before; do
  if [ -f "$KEEP/$list" ]; then report installed "$list"; break; fi
done

# The free space of the fullest file system that gets data.
for folder in "${root:-/var/lib/docker}" $image_folder; do
  name=$folder
  while [ ! -d "$folder" ]; do folder=${folder%/*}; [ -n "$folder" ] || folder=/; done
  echo "$(df -Pk "$folder" | awk 'NR == 2 { printf "%d", $4 / 1024 }') $name"
done | sort -n | head -n 1 | awk '{ print "freeMiB=" $1; sub(/^[0-9]+ /, ""); print "freeFolder=" $0 }'

ip -o -4 address show scope global | awk '{ print "address=" $4 " " $2 }'
ip -o link show | awk '{ sub(/[:@].*/, "", $2); for (i = 3; i < NF; i++) if ($i == "mtu") print "mtu=" $2 " " $(i + 1) }'
ip -4 route show | awk '$1 ~ /^[0-9].*\// { device = ""; for (i = 2; i < NF; i++) if ($i == "dev") device = $(i + 1); print "route=" $1 " " device }'
ip -4 route get 192.0.2.1 2>/dev/null | awk '{ for (i = 1; i < NF; i++) if ($i == "src") { print "outgoing=" $(i + 1); exit } }'

# Listening ports.
for table in /proc/net/tcp /proc/net/tcp6; do
  [ -r "$table" ] && awk 'NR > 1 && $4 == "0A" { split($2, socket, ":"); print "listens=" socket[2] }' "$table"
done | sort -u

for module in overlay vxlan; do
  [ -d "/sys/module/$module" ] || grep -qs "/$module\.ko" "/lib/modules/$(uname -r)/modules.builtin" ||
    modprobe --dry-run "$module" 2>/dev/null || report lacks "$module"
done

if command -v firewall-cmd >/dev/null && [ "$(firewall-cmd --state 2>/dev/null)" = running ]; then
  for port in $FIREWALL_PORTS; do
    [ "$(firewall-cmd --query-port="$port" 2>/dev/null)" = yes ] || report closed "firewalld $port"
  done
elif command -v ufw >/dev/null && ufw status 2>/dev/null | grep -q '^Status: active'; then
  rules=$(ufw status)
  for port in $FIREWALL_PORTS; do
    printf '%s\n' "$rules" | grep -Eq "^(${port}|${port%/*}|Anywhere)[[:space:]].*ALLOW" || report closed "ufw $port"
  done
fi
report complete yes
