#!/bin/sh
# ringfence-shell [OPTION...] [--] [COMMAND [ARGUMENT...]]
#
# Asks the daemon for a fence around this very process and then becomes the command, or the user's shell: same process,
# terminal, job control, folder and environment, and nothing of this script is left. With a strict profile the command runs in
# a sandbox on the same terminal, and this process stays and stands for it. See ringfence-shell(1).

usage='usage: ringfence-shell [--profile NAME] [--memory-max SIZE ...] [--app ID] [--home NAME] [-l|--login] [--] [COMMAND [ARGUMENT...]]'

help() {
  cat <<HELP
U${usage#u}

Start a command, or your shell, in a fence of its own, on this terminal.

  --profile NAME          profile to use: relaxed, strict or one of your own
  --memory-max SIZE       maximum memory; also --memory-high, --memory-swap-max, --cpu-quota, --cpu-weight, --io-weight and
                          --tasks-max, as for "ringfence run"
  --app ID                treat the command as part of this app: its settings apply
  --home NAME             keep the home of a strict command under this name, for the next start
  --name NAME             name of the instance (default: the program's name)
  -l, --login             start the shell as a login shell
  --or-fail               run nothing if there is no fence
  -h, --help              show this help
  --version               print the version

Exits as the command does; 2 for a bad argument, 5 to 7 if nothing was run, 127 if the command is not found. See
ringfence-shell(1).
HELP
}

# Whoever asked for the instance is told why there is none in the same place, and words it.
fail() {
  if [ -n "$instance_fd" ]; then
    printf '%s: %s' "${refusal-}" "$2" >&"$instance_fd"
  else
    printf 'ringfence-shell: %s\n' "$2" >&2
  fi
  exit "$1"
}

# dbus-send takes the pairs of a dictionary as one list with commas.
option() {
  case $2 in
    '') fail 2 "cannot read the command line: --$1 needs a value ($usage)" ;;
    *,*) fail 2 "cannot read the command line: the value of --$1 has a comma" ;;
  esac
  options=$options,$1,$2
}

newline='
'
options= profile= login= or_fail= instance_fd= as_is= plain= job= method=Contain
while [ $# -gt 0 ]; do
  case $1 in
    --)
      shift
      break
      ;;
    -l | --login) login=-l ;;
    # For programs: no fence, no command; where to write the instance's object path to, or why there is none ("NAME: REASON",
    # the name of the error may be empty); the environment alone.
    --or-fail) or_fail=1 ;;
    --as-is) as_is=1 ;;
    --instance-fd=[3-9]) instance_fd=${1#*=} ;;
    -h | --help)
      help
      exit 0
      ;;
    --version)
      echo 'ringfence-shell @VERSION@'
      exit 0
      ;;
    --app=*) option app-id "${1#*=}" ;;
    --app) option app-id "${2-}" && shift ;;
    --profile=*) profile=${1#*=} && option profile "$profile" ;;
    --profile) profile=${2-} && option profile "$profile" && shift ;;
    --name=* | --home=* | --memory-max=* | --memory-high=* | --memory-swap-max=* | --cpu-quota=* | --cpu-weight=* | --io-weight=* | --tasks-max=*)
      name=${1#--}
      option "${name%%=*}" "${1#*=}"
      ;;
    --name | --home | --memory-max | --memory-high | --memory-swap-max | --cpu-quota | --cpu-weight | --io-weight | --tasks-max)
      option "${1#--}" "${2-}" && shift
      ;;
    -*) fail 2 "cannot read the command line: unknown option $1 ($usage)" ;;
    *) break ;;
  esac
  shift
done

if [ $# -eq 0 ]; then
  shell=${SHELL-}
  case $shell in
    # A terminal may be told to start us as the shell.
    '' | */ringfence-shell) shell=$(getent passwd "$(id -u)" | sed 's/.*://') ;;
  esac
  case $shell in '' | */ringfence-shell) shell=/bin/sh ;; esac
  set -- "$shell" $login
  plain=1
fi
command -v -- "$1" >/dev/null 2>&1 || fail 127 "cannot run $1: no such program in PATH"
asked=$options
case $options in
  *,name,*) ;;
  *)
    name=${1##*/}
    case $name in '' | *[!A-Za-z0-9._+-]*) ;; *) options=$options,name,$name ;; esac
    ;;
esac

# env would take a program with "=" in its name for a variable.
case $1 in *=*) set -- nice -n 0 "$@" ;; esac

# What strict is called for certain; of other profiles the daemon tells.
[ "$profile" != strict ] || method=Enclose
count=$#
enclosable=,enclosable,yes
# The daemon says on the terminal what a limit did: a contained process is the command, and in a strict one it is perhaps a job of a shell's
# that was killed. Who gives a descriptor says so itself.
tell=
[ -n "$instance_fd" ] || tell=,terminal,yes

# become REPLY NAME=VALUE... COMMAND [ARGUMENT...]
become() {
  reply=$1
  case $reply in
    'Error org.ringfence.Error.MustEnclose: '*)
      method=Enclose or_fail=1
      reply=$(ask)
      ;;
    'Error org.ringfence.Error.UnknownOption: '*)
      # A daemon of 0.2.0 or before does not know the terminal; one of 0.1.0 contains, and refuses what it would have to enclose.
      if [ -n "$tell$enclosable" ]; then
        [ -n "$tell" ] || enclosable=
        tell=
        shift
        become "$(ask)" "$@"
      fi
      ;;
  esac
  case $reply in
    '   /org/ringfence/'*)
      if [ -n "$instance_fd" ]; then printf %s "$reply" >&"$instance_fd"; else say_what_is_lost "${reply#'   '}"; fi
      ;;
    *) without_fence "$reply" ;;
  esac
  [ -z "$instance_fd" ] || eval "exec $instance_fd>&-"
  instance_fd=
  if [ "$method" = Enclose ]; then
    shift $(($# - count))
    # Two values, each behind three spaces.
    enclose "${reply#'   '*'   '}" "$@"
  fi
  shift
  watch_pressure
  exec env -i -- ${pressure:+"MEMORY_PRESSURE_WATCH=$pressure" 'MEMORY_PRESSURE_WRITE=@PRESSURE_TRIGGER@'} "$@"
}

# Where a program is told that its own memory is short (systemd.exec(5)).
watch_pressure() {
  pressure=
  while read -r line; do
    case $line in 0::*) pressure=/sys/fs/cgroup${line#0::}/memory.pressure ;; esac
  done <"/proc/$$/cgroup"
  [ -w "$pressure" ] || pressure=
}

# One line for the limits asked for here that this machine does not enforce. INSTANCE
say_what_is_lost() {
  case $method$as_is$asked in Contain*,memory-* | Contain*,cpu-* | Contain*,io-* | Contain*,tasks-*) ;; *) return ;; esac
  lost=
  while read -r key value; do
    case $key in
      name) name=${value%% *} ;;
      state)
        case ${value%% *}$asked in not-enforced*",$name,"*) lost=$lost${lost:+, }$name ;; esac
        ;;
    esac
  done <<REPORT
$(DBUS_SESSION_BUS_ADDRESS=$address dbus-send --session --print-reply=literal --reply-timeout=2000 \
    --dest=org.ringfence.Ringfence1 "$1" org.freedesktop.DBus.Properties.Get string:org.ringfence.Instance1 string:Report 2>&1)
REPORT
  [ -z "$lost" ] || printf 'ringfence-shell: not enforced here: %s (see "ringfence doctor")\n' "$lost" >&2
}

# Says why there is none in one line, or ends where going on would be less than what was asked for.
without_fence() {
  reply=${1%%"$newline"*} error=${1#Error }
  case $error in org.ringfence.Error.*) refusal=${error%%: *} ;; esac
  reply=${reply#Error *: }
  case ${error%%: *} in
    org.ringfence.Error.NotEnforceable) fail 5 "$reply" ;;
    org.ringfence.Error.NoSuchProfile | org.ringfence.Error.InvalidLimit | org.ringfence.Error.InvalidArgument | org.ringfence.Error.UnknownOption)
      # What was asked for here is refused; what the configuration gets wrong must not take all terminals away.
      [ -z "$asked" ] || fail 2 "$reply"
      ;;
    org.ringfence.Error.*) ;;
    *) reply="the Ringfence daemon cannot be reached ($reply)" ;;
  esac
  case $or_fail$profile in
    '' | relaxed) printf 'ringfence-shell: not contained: %s\n' "$reply" >&2 ;;
    *)
      case $error in org.ringfence.Error.[ST]*) fail 6 "$reply" ;; esac
      fail 7 "cannot run this contained${profile:+ by the profile $profile}: $reply"
      ;;
  esac
}

# Without a bus in the environment (cron), the user's own; libdbus would start another one.
address=${DBUS_SESSION_BUS_ADDRESS-}
if [ -z "$address" ]; then
  folder=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
  address=unix:path=$folder/bus
fi
ask() {
  if [ -n "$as_is" ]; then
    echo '   /org/ringfence/'
    return
  fi
  DBUS_SESSION_BUS_ADDRESS=$address exec dbus-send --session --print-reply=literal --reply-timeout=10000 --type=method_call \
    --dest=org.ringfence.Ringfence1 /org/ringfence/Ringfence1 "org.ringfence.Ringfence1.$method" \
    "uint32:$$" "dict:string:string:alone,yes$enclosable$tell$options" 2>&1
}

# What runs inside the sandbox, in an environment without anything of the caller's: SIGNALS FOLDER HOME COMMAND [ARGUMENT...].
# It says its pid and waits for the daemon to have looked at it. It is in a file, and the caller's variables behind it: what is
# an argument stays to be seen as bubblewrap's own.
# shellcheck disable=SC2016
gate='end=$1 && shift && text=$(cat <&6) && eval "${text%%"$end"*}"'
# shellcheck disable=SC2016
inside='
  # Its own are the input and the output until then: what is open is to stay the same while it is looked at.
  exec 5<&0 7>&1 0<&3 1>&4 3<&- 4<&-
  printf "inner %s\n" $$ && IFS= read -r go || {
    echo "ringfence-shell: nothing was run: the Ringfence daemon ended before it had seen the sandbox" >&2
    exit 7
  }
  case $go in
    "go "*) ;;
    *)
      printf "ringfence-shell: %s\n" "${go#* }" >&2
      exit "${go%% *}"
      ;;
  esac
  exec 0<&5 1>&7 5<&- 6<&- 7>&-
  . /run/ringfence/setup
  signals=$1 folder=$2 home=$3
  shift 3
  if ! cd -- "$folder" 2>/dev/null; then
    if [ -z "$home" ]; then
      printf "ringfence-shell: cannot run %s: the folder %s is not there in the sandbox\n" "$1" "$folder" >&2
      exit 2
    fi
    printf "ringfence-shell: the folder %s is not there in the sandbox\n" "$folder" >&2
    cd -- "$own_home" 2>/dev/null || cd /
  fi
  eval "exec /usr/bin/env -i -- ${text#*"$end"} /usr/bin/env $signals ${go#go } \"PWD=\$PWD\" \"\$@\""
'

# enclose FOLDER COMMAND [ARGUMENT...]: makes the sandbox that the daemon has laid out there, and ends as the command does.
enclose() {
  sandbox=$1
  shift
  variables=
  case $words in *"' \\$newline"*) variables=${words#*"' \\$newline"} ;; esac
  lost="cannot run this strictly: the sandbox's folder $sandbox is gone; see journalctl --user -u ringfence.service"
  { printf '%s######%s' "$inside" "${variables% \\}" >"$sandbox/gate"; } 2>/dev/null && [ -r "$sandbox/seccomp" ] || fail 7 "$lost"
  [ -e "/proc/$$/fd/0" ] || exec </dev/null
  [ -e "/proc/$$/fd/1" ] || exec >/dev/null
  home= strays= stays=
  [ -z "$plain" ] || home=${HOME:-/}
  as_pipes
  # The pipes have to be there whether their other ends are or not: nothing may wait for a daemon that is gone. Whatever else
  # the caller has open is closed: strict hands on the input and the output alone.
  exec 9<>"$sandbox/go" 3<"$sandbox/go" 4<>"$sandbox/inner" 5<>"$sandbox/sync" 6<"$sandbox/gate" \
    7<"$sandbox/args" 8<"$sandbox/seccomp" 9<&0
  find_strays
  # What ends this process would leave the command behind, so signals are passed on, and bubblewrap ignores them. Where env(1)
  # cannot take that back for the command (before coreutils 8.31), bubblewrap takes this process's place.
  signals=
  if /usr/bin/env --default-signal=TERM true 2>/dev/null; then
    signals=$(signal_defaults)
    stays=1
  fi
  leads_its_group "$@" && set -- perl -MPOSIX -e "$lead_group" -- "$@"
  set -- "$sandbox/bwrap" --args 7 -- /bin/sh -c "$gate" ringfence-gate '######' "$signals" "$PWD" "$home" "$@"
  [ -z "$strays" ] || set -- bash -c "exec $strays; exec \"\$@\"" bash "$@"
  # Where cat is to be waited for, somebody has to stay.
  if [ -z "$stays$fed$drained" ]; then
    exec 9<&-
    exec env -i "$@"
  fi
  for signal in HUP TERM USR1 USR2 CONT; do trap "pass $signal" "$signal"; done
  trap 'from_keyboard INT' INT
  trap 'from_keyboard QUIT' QUIT
  trap stop TSTP
  (
    trap '' HUP INT QUIT TERM USR1 USR2 TSTP
    exec <&9 9<&-
    exec env -i "$@"
  ) &
  job=$!
  exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
  rm -f -- "$sandbox/gate"
  # Or cat would wait for our end of its pipe.
  [ -z "$fed$drained" ] || exec 0<&- 1>&- 2>&-
  while wait "$job"; status=$?; kill -0 "$job" 2>/dev/null; do :; done
  [ -z "$fed" ] || kill "$fed" 2>/dev/null
  [ -z "$drained" ] || wait $drained
  [ "$status" -ne 137 ] || killed_for_memory
  exit "$status"
}

# Says so where that is why it was killed. This process is in the same scope, so the kernel still has the numbers.
killed_for_memory() {
  kills=0 limit=
  {
    scope=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
    while read -r key value; do
      [ "$key" != oom ] || kills=$value
    done <"$scope/memory.events"
    read -r limit <"$scope/memory.max"
  } 2>/dev/null
  [ "$kills" -eq 0 ] ||
    printf 'ringfence-shell: it was killed at its memory limit, %s bytes; --memory-max sets another\n' "$limit" >&2
}

# A file as input or output could be opened anew inside, for writing too: the command gets a pipe, and cat reads or writes the file.
as_pipes() {
  fed= drained=
  if [ -f "/proc/$$/fd/0" ]; then
    mkfifo -m 600 "$sandbox/stdin" && exec 9<&0 || fail 7 "$lost"
    cat <&9 >"$sandbox/stdin" 2>/dev/null 9<&- &
    fed=$!
    exec <"$sandbox/stdin" 9<&-
    rm -f -- "$sandbox/stdin"
  fi
  both=
  [ ! "/proc/$$/fd/1" -ef "/proc/$$/fd/2" ] || both=1
  if [ -f "/proc/$$/fd/1" ]; then
    drain 1
    exec >"$sandbox/stdout"
    [ -z "$both" ] || exec 2>&1
  fi
  if [ -f "/proc/$$/fd/2" ]; then
    drain 2
    exec 2>"$sandbox/stdout"
  fi
  rm -f -- "$sandbox/stdout"
}

# drain NUMBER: has cat write to that descriptor what comes through the pipe, to the end of it, whatever signals the terminal sends.
drain() {
  rm -f -- "$sandbox/stdout"
  mkfifo -m 600 "$sandbox/stdout" || fail 7 "$lost"
  eval "(trap '' HUP INT QUIT TERM TSTP; exec cat <\"\$sandbox/stdout\" >&$1 2>/dev/null) &"
  drained="$drained $!"
}

# The descriptors above 9 that would be inherited, as redirections that close them. Only some shells can name them; where there
# is no such shell they stay, and the daemon refuses.
find_strays() {
  command -v bash >/dev/null || return 0
  for number in "/proc/$$/fd/"??*; do
    number=${number##*/}
    while read -r key value; do
      # O_CLOEXEC
      [ "$key" != flags: ] || [ $((value & 02000000)) -ne 0 ] || strays="$strays $number>&-"
    done <"/proc/$$/fdinfo/$number"
  done
} 2>/dev/null

# The words by which env(1) gives the command the signals that bubblewrap ignores, but for those that the caller ignores.
signal_defaults() {
  ignored=0
  while read -r key value; do
    case $key in SigIgn:) ignored=${value#????????} ;; esac
  done <"/proc/$$/status"
  names=
  for pair in HUP:0 INT:1 QUIT:2 USR1:9 USR2:11 TERM:14 TSTP:19; do
    [ $((0x$ignored >> ${pair#*:} & 1)) -eq 1 ] || names=$names,${pair%:*}
  done
  [ -z "$names" ] || printf %s "--default-signal=${names#,}"
}

# dash takes the terminal's process group for its own at its end, and fails with one that it cannot see from inside.
leads_its_group() {
  case ${1##*/} in sh | dash) ;; *) return 1 ;; esac
  [ -t 0 ] && command -v perl >/dev/null || return 1
  shift
  for word; do
    case $word in -*c*) return 1 ;; -*) ;; *) return 1 ;; esac
  done
}
# shellcheck disable=SC2016
lead_group='$SIG{TTOU} = "IGNORE"; setpgrp; POSIX::tcsetpgrp(0, $$); $SIG{TTOU} = "DEFAULT"; exec { $ARGV[0] } @ARGV; exit 127'

# command_pid: the command, as a child of the first process in the sandbox; nothing before it has begun.
command_pid() {
  first= pid= line=
  [ -z "$job" ] || { read -r first line; } <"/proc/$job/task/$job/children"
  [ -z "$first" ] || { read -r pid line; } <"/proc/$first/task/$first/children"
  [ -z "$pid" ] || { read -r line; } <"/proc/$pid/cmdline"
  case $line in *ringfence-gate*) pid= ;; esac
} 2>/dev/null

pass() {
  command_pid
  if [ -n "$pid" ]; then
    kill -s "$1" "$pid" 2>/dev/null
  elif [ "$1" != CONT ]; then
    kill -s KILL $first $job 2>/dev/null
    trap - "$1"
    kill -s "$1" $$
  fi
}

# The keyboard's reaches the command by itself, as one of the terminal's foreground group.
from_keyboard() {
  read -r stat <"/proc/$$/stat"
  command_pid
  # Its state, parent, group, session, terminal and the terminal's foreground group.
  [ -n "$pid" ] && set -- "$1" ${stat##*) } && [ "$4" = "$7" ] || pass "$1"
}

# The shell that this process is a job of must not take the terminal before the command has left it.
stop() {
  command_pid
  tries=0 stat=
  while [ -n "$pid" ] && [ "$tries" -lt 50 ] && read -r stat <"/proc/$pid/stat"; do
    case ${stat##*) } in [Tt]*) break ;; esac
    sleep 0.02
    tries=$((tries + 1))
  done
  # D: its child was stopped between vfork(2) and execve(2), and it waits for that one. Others go on, as a signal may be ignored.
  case ${stat##*) } in [TtD]*) kill -s STOP $$ ;; esac
}

# A shell drops or changes the variables that it has a use for itself (exported functions, IFS, OPTIND); the kernel still has
# them all. sed turns the reply, and each "name=value", into a quoted word; it starts while the daemon works. NUL bytes are
# lost in the substitution, as they should. The place where memory pressure is told is another cgroup's.
quote='/^MEMORY_PRESSURE_\(WATCH\|WRITE\)=/d; s/\x27/\x27\\\x27\x27/g; s/.*/\x27&\x27 \\\n/'
{ words=$(ask | LC_ALL=C sed -z "$quote" - /proc/$$/environ); } 2>/dev/null
case $words in
  "'   /org/ringfence/"* | "'Error "* | "'Failed "* | "'"*dbus-send:*) eval "become ${words% \\} \"\$@\"" ;;
esac
# No sed that knows -z, or no /proc.
[ "$method" = Contain ] || fail 5 'cannot run this strictly: it takes a sed with the option -z, and /proc'
reply=$(ask) || without_fence "$reply"
exec "$@"
