# Sourced by ./headroom and ./test: makes sure that what the build needs is installed.
# Installs only what is missing, and says so.

say() { printf '%s\n' "$*" >&2; }

# need COMMAND-OR-FILE PACKAGE: installs PACKAGE when neither a command nor a file of that name is there.
missing_packages=""
need() {
  if ! command -v "$1" >/dev/null 2>&1 && ! [ -e "$1" ]; then missing_packages="$missing_packages $2"; fi
}

install_missing() {
  [ -n "$missing_packages" ] || return 0
  say "headroom: installing what is missing:$missing_packages"
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo"
  # shellcheck disable=SC2086
  $as_root apt-get update -qq >&2 && $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing_packages >&2 || {
    say "headroom: could not install:$missing_packages"
    exit 69
  }
  missing_packages=""
}

require_swift() {
  command -v swift >/dev/null 2>&1 && return 0
  say "headroom: the Swift toolchain (6.3 or later) is missing; see https://www.swift.org/install/linux/"
  exit 69
}
