import { doorFolder } from './plan.ts';

/** The name of a start in the door's folder: letters and digits of a hexadecimal number. */
export const startName = /^[0-9a-f]{1,32}$/;

/**
 * What the gate inside runs for an app: it stays as the sandbox's init, begins the starts that the daemon has written into the
 * door's folder under these names, and those that come later. A line "start NAME" on the named pipe `go` has it begin one, once,
 * however often it is told; it says the name on `told` then. It ends, as the first start has ended, when none is left.
 *
 * Everything inside can write to both pipes, and gains nothing: what it has begun here runs in the same sandbox. Each start is a
 * shell of its own, as an app is to find its own pid in $$; the one around it only waits.
 */
export function initScript(starts: readonly string[]): string {
  return [
    '{',
    // Every process of a scope is asked to end when it is to end (SIGTERM); these two end with the app.
    'trap : HUP INT TERM',
    `door=${doorFolder} started= running=0 result=0`,
    'exec 6<>"$door/go" 7<>"$door/told"',
    'begin() {',
    'started="$started $1 "',
    '[ -r "$door/$1" ] || return',
    'running=$((running + 1))',
    'exec 5<"$door/$1"',
    // dash gives a subshell the traps' defaults again.
    '( trap : HUP INT TERM; /bin/sh <&5 5<&- 6<&- 7<&-; echo "ended $1 $?" >&6 ) &',
    'eval "waiter_$1=$!"',
    'exec 5<&-',
    '}',
    'serve() {',
    'for one; do begin "$one"; done',
    'while [ "$running" -gt 0 ]; do',
    'read -r word name status <&6 || continue',
    'case $name in "" | *[!0-9a-f]*) continue ;; esac',
    'case $word in',
    'start)',
    'case $started in *" $name "*) ;; *) begin "$name" ;; esac',
    'echo "$name" >&7 ;;',
    'ended)',
    'running=$((running - 1))',
    '[ "$name" != 0 ] || result=$status',
    'eval "wait \\$waiter_$name" ;;',
    'esac',
    'done',
    'exit "$result"',
    '}',
    '}',
    `{ serve ${starts.join(' ')}; }`,
    '',
  ].join('\n');
}
