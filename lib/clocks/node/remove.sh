# Removes the clock synchronisation from this node, and nothing else.
set -eu
. /usr/local/lib/swarmbench-clock/env
. "$LIB/services.sh"
. "$LIB/packages.sh"
for service in status phc sync ntp; do service_remove "$service"; done
packages_remove
wake_rivals
rm -rf "$STATUS" "$KEEP" "$RUN" "$CHRONY_CONFIG" "$LIB"
