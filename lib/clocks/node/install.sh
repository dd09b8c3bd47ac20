# Installs the clock synchronisation of one kind on this node and removes that of another kind. May run twice.
#
# Needs LIB, RUN, KEEP, STATUS, KIND, ROLE, ADJUST, DOMAIN, SERVICES, PACKAGES, ADDRESS, INTERFACE (or none), NODE, CHRONY,
# CHRONY_CONFIG. Output: the interface.

has_service() { case " $SERVICES " in *" $1 "*) ;; *) return 1 ;; esac; }

find_interface() {
  if [ -n "$INTERFACE" ]; then
    [ -e "/sys/class/net/$INTERFACE" ] || {
      echo "$NODE has no interface $INTERFACE, but: $(ls /sys/class/net | xargs); see clockSync.interface" >&2
      exit 1
    }
    echo "$INTERFACE"
  else
    ip -o -4 address show | awk -v wanted="$ADDRESS" '{ split($4, own, "/") } own[1] == wanted { print $2; exit }'
  fi
}

# Whether the network card has hardware time stamps and a clock.
has_hardware_stamps() {
  ethtool -T "$1" 2>/dev/null | awk '
    /hardware-transmit/ { send = 1 } /hardware-receive/ { take = 1 } /^PTP Hardware Clock: [0-9]/ { clock = 1 }
    END { exit !(send && take && clock) }'
}

write_env() {
  cat > "$LIB/env" <<ENV
LIB=$LIB
RUN=$RUN
KEEP=$KEEP
STATUS=$STATUS
KIND=$KIND
ROLE=$ROLE
ADJUST=$ADJUST
DOMAIN=$DOMAIN
BRIDGE=$(has_service ntp && echo yes || echo no)
INTERFACE=$interface
STAMPS=$stamps
CHRONY=$CHRONY
CHRONY_CONFIG=$CHRONY_CONFIG
ENV
}

interface=$(find_interface)
[ -n "$interface" ] || [ "$KIND" = none ] || {
  echo "no interface of $NODE has the address $ADDRESS; name the one to use with clockSync.interface" >&2
  exit 1
}
. "$LIB/services.sh"
. "$LIB/packages.sh"
. "$LIB/sample.sh"
. "$LIB/status.sh"

if [ "$KIND" != none ] && [ "$ADJUST" = yes ] && [ ! -f "$KEEP/rivals" ]; then
  : > "$KEEP/rivals"
  # If this fails, the machine's own time services are started again, because nothing else would set the clock.
  trap '[ $? -eq 0 ] || wake_rivals' EXIT
  rest_rivals yes
fi
packages_install $PACKAGES
[ "$KIND" = none ] || [ "$ADJUST" = no ] || rest_rivals no # a package starts its service

stamps=-S
if has_service phc; then
  if has_hardware_stamps "$interface"; then stamps=-H; else SERVICES=$(echo "$SERVICES" | sed 's/ *phc//'); fi
fi
write_env
if [ ! -e "$STATUS/status.json" ]; then # so that the file exists from the start
  [ "$KIND" = none ] && state=NONE || state=DOWN
  look_at_time
  write_status "$state" "" "" "$NOW"
fi

for service in sync ntp phc; do
  has_service "$service" && continue
  service_remove "$service"
  rm -f "$LIB/run-$service"
done
for service in $SERVICES; do service_install "$service"; done

packages_remove $(for pair in $PACKAGES; do echo "${pair#*:}"; done)
[ "$KIND" != none ] || wake_rivals
echo "$interface"
