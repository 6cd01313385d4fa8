#!/bin/bash
# What npm run demo shows, in whatever session it is started: needs a built checkout as the working directory.
set -u
export PATH="$PWD/dist:$PATH"
cleanup=()
trap 'for command in "${cleanup[@]}"; do eval "$command"; done' EXIT

[ -t 1 ] && bold=$'\033[1m' dim=$'\033[2m' plain=$'\033[0m' || bold= dim= plain=
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { printf '%s$ %s%s\n' "$dim" "$*" "$plain"; eval "$*"; }
fail() {
  echo "demo: $*" >&2
  [ -z "${app-}" ] || { ringfence show "$app"; journalctl --user --no-pager -o short-monotonic -n 40; } >&2
  exit 1
}
await() { # DESCRIPTION COMMAND...: until it succeeds, at most a minute
  local what=$1 left=600; shift
  until "$@" >/dev/null 2>&1; do left=$((left - 1)); [ $left -gt 0 ] || fail "waited in vain for $what"; sleep 0.1; done
}
cgroup() { cut -d: -f3 "/proc/$1/cgroup" | tail -1; }
file() { cat "$root$(cgroup "$1")/$2" 2>/dev/null || echo '(this kernel gives the session no such controller)'; }
pids() { ringfence show --json "$1" | node -e 'console.log(JSON.parse(require("fs").readFileSync(0))[0].pids.join(" "))'; }
root=/sys/fs/cgroup; [ -e $root/cgroup.controllers ] || root=/sys/fs/cgroup/unified
owned() { dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetNameOwner string:org.ringfence.Ringfence1; }

if [ -z "${DISPLAY-}${WAYLAND_DISPLAY-}" ] && command -v Xvfb >/dev/null; then
  # Its socket is there before it takes anybody.
  ready=$(mktemp); cleanup+=("rm -f $ready")
  Xvfb :77 -screen 0 1024x640x24 -nolisten tcp -noreset -displayfd 3 >/dev/null 2>&1 3>"$ready" & cleanup+=("kill $! 2>/dev/null")
  await 'a screen' test -s "$ready"
  export DISPLAY=:77
  systemctl --user set-environment DISPLAY=:77; cleanup+=('systemctl --user unset-environment DISPLAY')
  virtual=1
fi

title '1. The daemon, in this session'
if owned >/dev/null 2>&1; then echo 'ringfenced runs here already; it is used and left alone.'; else
  printf '%s$ ringfenced &%s\n' "$dim" "$plain"
  ringfenced & daemon=$!; cleanup+=("kill $daemon 2>/dev/null; wait $daemon 2>/dev/null")
  await 'the daemon' owned
fi
show ringfence status

title '2. An app, started as its icon would start it'
IFS=: read -r -a folders <<<"${XDG_DATA_HOME:-$HOME/.local/share}:${XDG_DATA_DIRS:-/usr/local/share:/usr/share}"
for app in org.gnome.gedit org.gnome.TextEditor gnome-text-editor xterm ''; do
  [ -n "$app" ] || break
  for folder in "${folders[@]}"; do
    [ ! -e "$folder/applications/$app.desktop" ] || break 2
  done
done
[ -n "$app" ] || fail 'none of the usual apps is installed; try: apt-get install gedit'
send='dbus-send --session --print-reply --dest=org.ringfence.Ringfence1 /org/ringfence/Ringfence1 org.ringfence.Ringfence1.Launch'
show "$send string:$app.desktop array:string: dict:string:string:memory-max,600M" || fail 'it was not launched'
cleanup+=("ringfence stop --timeout 2 $app >/dev/null 2>&1")
if [ -n "${virtual-}" ] && command -v xdotool >/dev/null; then
  await 'its window' xdotool search --onlyvisible --class "$(basename "${app##*.}")"
fi
show ringfence list

title '3. Its fence, as the kernel has it'
main=$(pids "$app" | cut -d' ' -f1)
for pid in $(pids "$app"); do printf '%-20s %s\n' "$(cat "/proc/$pid/comm")" "$(cgroup "$pid")"; done
for name in memory.max memory.swap.max pids.max; do printf '%-16s %s\n' "$name" "$(file "$main" $name)"; done
show ringfence show "$app"
if [ -n "${virtual-}" ] && command -v import >/dev/null && [ -n "${RINGFENCE_TEST_OUT-}" ]; then
  picture=$(mktemp --suffix=.png); cleanup+=("rm -f $picture")
  import -window root "$picture" && cp "$picture" "$RINGFENCE_TEST_OUT/app.png" && echo 'A picture of the screen: out/demo/app.png'
fi

title '4. A command that wants more memory than it may have'
if [ -e "$root$(cgroup "$main")/memory.max" ]; then
  dbus-monitor --session --profile "interface='org.ringfence.Instance1',member='Ended'" >/dev/null 2>&1 & cleanup+=("kill $! 2>/dev/null")
  show "ringfence run --memory-max 64M -- node -e 'const all = []; for (;;) all.push(Buffer.alloc(1 << 24, 1))'"
  gone() { ! ringfence show node; }
  await 'the kernel to stop it' gone
  echo 'It is gone: the kernel killed it at 64 MB. The app beside it did not notice:'
  show ringfence list
  show "journalctl --user --no-pager -o cat -t ringfenced -n 4"
else
  echo 'In this session the kernel enforces no memory limit (see "ringfence status" above), so this part is left out.'
fi

title '5. The end'
show "ringfence stop $app"
show ringfence list
