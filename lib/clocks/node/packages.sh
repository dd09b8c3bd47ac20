# Packages of the clock daemons. Their installers get no standard input, because this script may be read from it.
# Needs the function apt_get (lib/node/apt.sh). KEEP/packages lists what this script has installed; nothing else is removed. KEEP/displaced lists what apt removed for it.

packager() {
  for candidate in apt-get dnf yum; do
    if command -v "$candidate" >/dev/null; then echo "$candidate"; return; fi
  done
}

# Installs what is missing of `PROGRAM:PACKAGE …`.
packages_install() {
  missing=
  for pair; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
  done
  [ -n "$missing" ] || return 0
  mkdir -p "$KEEP"
  case $(packager) in
    apt-get)
      apt_get update || true # the failing package source may not be needed
      # Debian allows one time service: installing chrony removes systemd-timesyncd.
      apt-get -s install -y --no-install-recommends $missing </dev/null 2>/dev/null |
        awk '$1 == "Remv" { print $2 }' >> "$KEEP/displaced"
      apt_get install -y --no-install-recommends $missing ;;
    dnf) dnf --quiet --assumeyes install $missing </dev/null >&2 ;;
    yum) yum --quiet --assumeyes install $missing </dev/null >&2 ;;
    *) false ;;
  esac || {
    [ "${apt_locked:-no}" = yes ] || echo "could not install$missing on this node; install it there by hand, or choose another clockSync.kind" \
      "(where chrony excludes ptpd, as in Debian sid: clockSync.ntpServers: [])" >&2
    exit 1
  }
  for package in $missing; do echo "$package" >> "$KEEP/packages"; done
}

# Installs again what apt removed when this script installed its packages.
packages_restore() {
  [ -s "$KEEP/displaced" ] || return 0
  displaced=$(sort -u "$KEEP/displaced" | tr '\n' ' ')
  apt_get install -y --no-install-recommends $displaced || {
    echo "this node had the packages $displaced, which could not be installed again;" \
      "without them it may have no time service: apt-get install $displaced" >&2
    return 0
  }
  rm -f "$KEEP/displaced"
}

# Removes what this script has installed, except the packages in the arguments.
packages_remove() {
  [ -f "$KEEP/packages" ] || return 0
  : > "$KEEP/.packages"
  while read -r package; do
    case " $* " in
      *" $package "*) echo "$package" >> "$KEEP/.packages" ;;
      *)
        case $(packager) in
          apt-get) apt_get purge -y "$package" ;;
          *) "$(packager)" --quiet --assumeyes remove "$package" </dev/null >&2 ;;
        esac || echo "$package could not be removed and stays installed, which is harmless" >&2 ;;
    esac
  done < "$KEEP/packages"
  mv "$KEEP/.packages" "$KEEP/packages"
}
