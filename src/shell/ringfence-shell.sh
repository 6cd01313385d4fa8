#!/bin/sh
# ringfence-shell [OPTION...] [--] [COMMAND [ARGUMENT...]]
#
# Asks the daemon for a fence around this very process and then becomes the command, or the user's shell: same process,
# terminal, job control, folder and environment, and nothing of this script is left. See ringfence-shell(1).

usage='usage: ringfence-shell [--profile NAME] [--memory-max SIZE ...] [--app ID] [--login] [--] [COMMAND [ARGUMENT...]]'

fail() {
  printf 'ringfence-shell: %s\n' "$2" >&2
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
options= profile= login= or_fail= instance_fd= as_is=
while [ $# -gt 0 ]; do
  case $1 in
    --)
      shift
      break
      ;;
    -l | --login) login=-l ;;
    # For programs: no fence, no command; where to write the instance's object path to; the environment alone.
    --or-fail) or_fail=1 ;;
    --as-is) as_is=1 ;;
    --instance-fd=[3-9]) instance_fd=${1#*=} ;;
    -h | --help)
      printf '%s\n' "$usage"
      exit 0
      ;;
    --app=*) option app-id "${1#*=}" ;;
    --app) option app-id "${2-}" && shift ;;
    --profile=*) profile=${1#*=} && option profile "$profile" ;;
    --profile) profile=${2-} && option profile "$profile" && shift ;;
    --name=* | --memory-max=* | --memory-high=* | --memory-swap-max=* | --cpu-quota=* | --cpu-weight=* | --io-weight=* | --tasks-max=*)
      name=${1#--}
      option "${name%%=*}" "${1#*=}"
      ;;
    --name | --memory-max | --memory-high | --memory-swap-max | --cpu-quota | --cpu-weight | --io-weight | --tasks-max)
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

# become REPLY NAME=VALUE... COMMAND [ARGUMENT...]
become() {
  case $1 in
    '   /org/ringfence/'*) [ -z "$instance_fd" ] || printf %s "$1" >&"$instance_fd" ;;
    *) without_fence "$1" ;;
  esac
  [ -z "$instance_fd" ] || eval "exec $instance_fd>&-"
  shift
  exec env -i -- "$@"
}

# Says why there is none in one line, or ends where going on would be less than what was asked for.
without_fence() {
  reply=${1%%"$newline"*} error=${1#Error }
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
contain() {
  if [ -n "$as_is" ]; then
    echo '   /org/ringfence/'
    return
  fi
  DBUS_SESSION_BUS_ADDRESS=$address exec dbus-send --session --print-reply=literal --reply-timeout=10000 --type=method_call \
    --dest=org.ringfence.Ringfence1 /org/ringfence/Ringfence1 org.ringfence.Ringfence1.Contain \
    "uint32:$$" "dict:string:string:${options#,}" 2>&1
}

# A shell drops or changes the variables that it has a use for itself (exported functions, IFS, OPTIND); the kernel still has
# them all. sed turns the reply, and each "name=value", into a quoted word; it starts while the daemon works. NUL bytes are
# lost in the substitution, as they should.
quote='s/\x27/\x27\\\x27\x27/g; s/.*/\x27&\x27 \\\n/'
{ words=$(contain | LC_ALL=C sed -z "$quote" - /proc/$$/environ); } 2>/dev/null
case $words in
  "'   /org/ringfence/"* | "'Error "* | "'Failed "* | "'"*dbus-send:*) eval "become ${words% \\} \"\$@\"" ;;
esac
# No sed that knows -z, or no /proc.
reply=$(contain) || without_fence "$reply"
exec "$@"
