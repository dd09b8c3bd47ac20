# Looks at a machine, changes nothing, and prints what it finds: `name=value` lines, of which some come more than once.
# Needs FIREWALL_PORTS (such as `2377/tcp …`), NAMES (of containers and volumes that are to be ours, as a
# pattern of `container name` and `volume name`), STACK_LABEL,
# KEEP, MARK.

tell() { printf '%s=%s\n' "$1" "$2"; }
first_line() { head -n 1 | tr -d '\r'; }

tell time "$(date +%s.%N)"
tell uid "$(id -u)"
tell user "${SUDO_USER:-$(id -un)}"
tell hostname "$(uname -n)"
tell kernel "$(uname -sr)"
tell arch "$(uname -m)"
tell machine "$(cat /etc/machine-id 2>/dev/null | first_line)"
(. /etc/os-release 2>/dev/null && printf 'os=%s\n' "${PRETTY_NAME:-$ID}") || tell os unknown
tell cpus "$(getconf _NPROCESSORS_ONLN)"
awk '/^MemTotal:/ { printf "memoryMiB=%d\n", $2 / 1024 }' /proc/meminfo

# 25 is CAP_SYS_TIME: in a container the clock is the machine's.
awk '/^CapEff:/ { value = substr($2, length($2) - 6, 1); print "setsClock=" (index("2367abefABEF", value) > 0 ? "yes" : "no") }' /proc/self/status

for program in apt-get dnf yum; do
  if command -v "$program" >/dev/null; then tell packager "$program"; break; fi
done
if [ -d /run/systemd/system ]; then tell init systemd
elif command -v service >/dev/null; then tell init service
else tell init none
fi

if command -v docker >/dev/null; then
  tell docker "$(docker --version 2>/dev/null | first_line)"
  if engine=$(docker info --format '{{.ID}} {{.ServerVersion}} {{.Swarm.LocalNodeState}} {{.Swarm.NodeID}}' 2>/dev/null) && [ -n "$engine" ]; then
    tell engine "$engine"
    root=$(docker info --format '{{.DockerRootDir}}')
    # Of the names that are to be ours, those that something without our label has.
    known=$(docker ps --all --filter "label=$STACK_LABEL" --format 'container {{.Names}}'
      docker volume ls --filter "label=$STACK_LABEL" --format 'volume {{.Name}}')
    { docker ps --all --format 'container {{.Names}}'; docker volume ls --format 'volume {{.Name}}'; } |
      grep -E "^($NAMES)\$" | grep -vxF "${known:-nothing}" | sed 's/^/taken=/'
  fi
fi
[ ! -f /etc/docker/daemon.json ] || tell daemon "$(base64 < /etc/docker/daemon.json | tr -d '\n')"
[ ! -f "$MARK" ] || tell mark "$(first_line < "$MARK")"
[ ! -f "$MARK.node" ] || tell markNode "$(first_line < "$MARK.node")"
[ ! -f "$KEEP/node" ] || tell node "$(first_line < "$KEEP/node")"
[ ! -f "$KEEP/owner" ] || tell owner "$(first_line < "$KEEP/owner")"
# Also where it was cut off.
for list in packages packages.before; do
  if [ -f "$KEEP/$list" ]; then tell installed "$list"; break; fi
done

folder=${root:-/var/lib/docker}
while [ ! -d "$folder" ]; do folder=${folder%/*}; [ -n "$folder" ] || folder=/; done
df -Pk "$folder" | awk 'NR == 2 { printf "freeMiB=%d\n", $4 / 1024 }'

ip -o -4 address show scope global | awk '{ print "address=" $4 " " $2 }'
ip -4 route show | awk '$1 ~ /^[0-9].*\// { device = ""; for (i = 2; i < NF; i++) if ($i == "dev") device = $(i + 1); print "route=" $1 " " device }'
ip -4 route get 192.0.2.1 2>/dev/null | awk '{ for (i = 1; i < NF; i++) if ($i == "src") { print "outgoing=" $(i + 1); exit } }'

# Of what listens: only where nothing of ours does yet.
for table in /proc/net/tcp /proc/net/tcp6; do
  [ -r "$table" ] && awk 'NR > 1 && $4 == "0A" { split($2, at, ":"); print "listens=" at[2] }' "$table"
done | sort -u

for module in overlay vxlan; do
  [ -d "/sys/module/$module" ] || grep -qs "/$module\.ko" "/lib/modules/$(uname -r)/modules.builtin" ||
    modprobe --dry-run "$module" 2>/dev/null || tell lacks "$module"
done

if command -v firewall-cmd >/dev/null && [ "$(firewall-cmd --state 2>/dev/null)" = running ]; then
  for port in $FIREWALL_PORTS; do
    [ "$(firewall-cmd --query-port="$port" 2>/dev/null)" = yes ] || tell closed "firewalld $port"
  done
elif command -v ufw >/dev/null && ufw status 2>/dev/null | grep -q '^Status: active'; then
  rules=$(ufw status)
  for port in $FIREWALL_PORTS; do
    printf '%s\n' "$rules" | grep -Eq "^(${port}|${port%/*}|Anywhere)[[:space:]].*ALLOW" || tell closed "ufw $port"
  done
fi
tell looked yes
