#!/bin/sh
# install.sh [--uninstall] [--destdir DIR]
#
# Copies Ringfence below /usr/local, or takes it away again: for systems that have no package of it. Run it as root.
# Needs systemd 252, a D-Bus session and Node.js 18.19 or later. Users' homes are not touched.
set -eu
cd "$(dirname "$0")/files"
lib=/usr/local/lib/ringfence
uninstall='' destdir=''

main() {
  while [ $# -gt 0 ]; do
    case $1 in
      --uninstall) uninstall=1 ;;
      --destdir) [ $# -gt 1 ] || usage && shift && destdir=$1 ;;
      *) usage ;;
    esac
    shift
  done
  [ -z "$uninstall" ] || { take_away && exit 0; }
  node=$(command -v node) || fail 'cannot find node; install Node.js 18.19 or later'
  "$node" -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 18 || (a == 18 && b >= 19) ? 0 : 1)' ||
    fail "$node is version $("$node" --version); 18.19 or later is needed"
  mkdir -p "$destdir/usr/local" && [ -w "$destdir/usr/local" ] || fail "cannot write $destdir/usr/local; run it as root"
  made=$(cat "$destdir$lib/folders" 2>/dev/null || true)
  for file in $(list); do put "$file"; done
  printf '%s\n' "$made" >"$destdir$lib/folders"
  echo 'Ringfence is installed. As a user: "ringfence doctor", then "ringfence enable APP".'
  gjs -c 'imports.gi.versions.Gtk = "4.0"; imports.gi.versions.Adw = "1"; imports.gi.Adw' 2>/dev/null ||
    echo 'Its window needs gjs, GTK 4 and libadwaita, which are not all here; the commands do all that it does.'
}

# Paths in here have no spaces.
list() {
  find . ! -type d | sed 's,^\.,,' | sort
}

# Written beside and renamed: what runs keeps the file that it has.
put() {
  make_folder "${1%/*}"
  cp -P ".$1" "$destdir$1.new"
  [ -L ".$1" ] || case $1 in
    *.service | "$lib"/ringfence | "$lib"/ringfenced) sed "s,/usr/bin/node,$node," ".$1" >"$destdir$1.new" ;;
  esac
  mv -fT "$destdir$1.new" "$destdir$1"
}

# Notes which folders are its own, the inner ones first.
make_folder() {
  [ ! -d "$destdir$1" ] || return 0
  make_folder "${1%/*}"
  mkdir "$destdir$1"
  made="$1
$made"
}

take_away() {
  made=$(cat "$destdir$lib/folders" 2>/dev/null || true)
  for file in $(list) "$lib/folders"; do rm -f "$destdir$file"; done
  for folder in $made; do rmdir "$destdir$folder" 2>/dev/null || true; done
  echo 'Ringfence is removed. Icons of apps that users have enabled start these without a fence, and say so.'
  echo 'To put all back as it was, install it again and run "ringfence uninstall" as that user.'
}

usage() {
  fail 'usage: install.sh [--uninstall] [--destdir DIR]'
}

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

main "$@"
