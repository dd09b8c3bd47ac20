# Finds faults that were left behind on this node, by their markers, and with MODE=undo undoes them. A line for each:
# `active FAULT SERVICE` (its script still runs and will undo it), `left FAULT SERVICE`, `undone FAULT SERVICE` or
# `failed FAULT SERVICE`.
#
# Needs common.sh and MODE (list or undo).

for mark in "$MARKS"/*; do
  [ -f "$mark" ] || continue
  fault= object= service= last=0 pid=0 ticks=
  {
    read -r fault || true
    read -r object || true
    read -r service || true
    read -r last || true
    read -r pid || true
    read -r ticks || true
  } < "$mark"
  is_running=no
  [ -z "$ticks" ] || [ "$(started "$pid")" != "$ticks" ] || [ "$(date +%s)" -gt "$last" ] || is_running=yes
  case $mark in
    *.new) [ "$is_running" = yes ] || rm -f "$mark" ;; # nothing was caused yet
    *)
      if [ "$is_running" = yes ]; then echo "active $fault $service"
      elif [ "$MODE" = list ]; then echo "left $fault $service"
      elif undo "$fault" "$object" "$service" >&2; then
        rm -f "$mark"
        echo "undone $fault $service"
      else echo "failed $fault $service"
      fi
      ;;
  esac
done
rmdir "$MARKS" 2>/dev/null || true
