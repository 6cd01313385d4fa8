# What both kinds of machine share; sourced after common.sh, never run. $dir is the machine's folder, $user who runs the command.

# write_settings KIND COMMAND...: what machine-init and the unit that runs COMMAND read, in $dir. KIND: uml or qemu.
write_settings() {
  local kind=$1
  shift
  case $(stat -c %A "$project/package.json") in
    *r--) ;;
    *) fail "the files of $project are readable by their owner only; tests run as uid 1000: chmod -R o+rX $project" ;;
  esac
  out=${RINGFENCE_TEST_OUT-} root=${RINGFENCE_TEST_ROOT:-/} prefix=
  [ "$root" != / ] || prefix=$(node_prefix)
  if [ -n "$out" ]; then
    mkdir -p "$out"
    chmod 1777 "$out" 2>/dev/null || true
    out=$(cd "$out" && pwd)
  fi
  local path
  for path in "$project" "$root" "$out" "$prefix"; do
    case $path in *[!A-Za-z0-9_./@+~:-]*) fail "cannot mount $path in the machine: unusual characters in its path" ;; esac
  done
  {
    printf 'KIND=%q\nOVERLAY=%q\nROOT=%q\nPROJECT=%q\nOUT=%q\nNODE_PREFIX=%q\nRUN_AS=%q\nPORTALS=%q\n' "$kind" "${TESTBED_KERNEL%/*}/overlay.ko" "$root" "$project" "$out" "$prefix" \
      "$user" "$portals"
  } >"$dir/settings"
  {
    echo '#!/bin/bash'
    clean_environment | while IFS= read -r -d '' pair; do printf 'export %q\n' "$pair"; done
    printf 'export RINGFENCE_TESTBED=machine RINGFENCE_TEST_OUT=/srv/out PATH=%q\n' "${prefix:+/srv/node/bin:}/usr/local/bin:/usr/bin:/bin"
    printf 'cd %q\nexec' "$(inside_folder)"
    printf ' %q' "$@"
    echo
  } >"$dir/command"
  cp "$here/machine-init" "$dir/init"
  chmod 755 "$dir" "$dir/init" "$dir/command"
  : >"$dir/stdout"
  : >"$dir/stderr"
  chmod 666 "$dir/stdout" "$dir/stderr"
}

# follow_machine PID: passes the output on while the machine runs, and exits with the command's status.
follow_machine() {
  local rc=0 tails
  tail -q -f -s 0.05 -c +1 --pid="$1" "$dir/stdout" 2>/dev/null &
  tails=$!
  tail -q -f -s 0.05 -c +1 --pid="$1" "$dir/stderr" >&2 2>/dev/null &
  tails="$tails $!"
  wait "$1" || rc=$?
  # shellcheck disable=SC2086
  wait $tails || true
  if [ -f "$dir/status" ]; then exit "$(cat "$dir/status")"; fi
  [ "$rc" != 124 ] && [ "$rc" != 137 ] || fail_late
  echo 'machine: it did not boot or did not finish; the end of its console:' >&2
  tail -40 "$dir/console" >&2
  exit 125
}

fail_late() {
  echo "machine: stopped after ${MACHINE_TIMEOUT:-300} s" >&2
  exit 124
}
