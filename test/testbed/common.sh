# Shared by session, machine and release-root; sourced, never run.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
# Where the project appears inside every testbed: a fixed place that uid 1000 can reach even if the clone lies below /root.
inside=/srv/ringfence
# Users' paths, and those of the testbeds, go without.
PATH=$PATH:/usr/sbin:/sbin

# Services that the bus starts for whoever asks; kept out of every testbed, or an installed one would change what tests see.
portals='xdg-desktop-portal xdg-desktop-portal-gtk xdg-desktop-portal-gnome xdg-document-portal xdg-permission-store flatpak-portal flatpak-session-helper'

fail() {
  echo "${0##*/}: $*" >&2
  exit 125
}

# Folder for what takes long to make (a Debian 13 root, the register shim); outside the repository, safe to delete.
cache_folder() {
  if [ -n "${RINGFENCE_TEST_CACHE-}" ]; then
    echo "$RINGFENCE_TEST_CACHE"
  elif [ "$(id -u)" = 0 ]; then
    echo /var/cache/ringfence-test
  else
    echo "${XDG_CACHE_HOME:-$HOME/.cache}/ringfence-test"
  fi
}

# The caller's working folder as seen inside: below the project where it was below the project, else the project itself.
inside_folder() {
  case $PWD/ in
    "$project"/*) echo "$inside${PWD#"$project"}" ;;
    *) echo "$inside" ;;
  esac
}

# Prefix of the node that the caller runs (…/bin/node is below it), empty where the system's own folders hold it already.
node_prefix() {
  local node
  node=$(command -v node) || return 0
  node=$(readlink -f "$node")
  case $node in
    /usr/bin/node | /usr/local/bin/node | /bin/node) ;;
    */bin/node) echo "${node%/bin/node}" ;;
  esac
}

# The environment a command gets: nothing of the caller's but these. Prints NAME=VALUE, NUL-terminated.
clean_environment() {
  local name
  printf '%s\0' LANG=C.UTF-8 TERM="${TERM:-dumb}" SHELL=/bin/bash
  for name in CI NO_COLOR FORCE_COLOR $(compgen -e RINGFENCE_TEST_); do
    case $name in RINGFENCE_TEST_CACHE | RINGFENCE_TEST_OUT) continue ;; esac
    [ -z "${!name-}" ] || printf '%s\0' "$name=${!name}"
  done
}

# The Debian mirror that this machine's apt uses, else Debian's own.
debian_mirror() {
  local mirror
  mirror=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    sed -n 's/^Debian|Debian|\(https\{0,1\}:.*\)/\1/p' | head -1)
  echo "${mirror:-http://deb.debian.org/debian}"
}
