#!/bin/sh
# ringfence-open --app ID [--action ID] [--profile NAME] [--strict] [--original FILE] [--] [FILE|URI…]
# ringfence-open --app ID {--run | --service NAME} [--profile NAME] [--strict] -- COMMAND [ARGUMENT…]
#
# What icons, D-Bus activation files and autostart entries execute: asks ringfenced to start an app in its fence, and ends
# as soon as that has answered. --run and --service have it start COMMAND as a part of the app; --service waits until
# NAME has an owner. It never starts anything itself. Exit status:
#    0  the app runs in its fence
#    1  not started, and it must not be; the user has been told
#    2  wrong usage
#   75  not started: whoever called is to start the original now, without a fence; the user has been told so
# Never 126 or 127: by these the caller sees that this program is gone.

# Patterns look at bytes. Not exported unless it was, so the original is kept for whatever speaks to the user.
locale_was=${LC_ALL-}
LC_ALL=C
nl='
'
name=org.ringfence.Ringfence1
object=/org/ringfence/Ringfence1
# Seconds a click may hang before its daemon counts as hung, and after a second try.
first_wait=10
second_wait=5

ascii='' app='' action='' profile='' strict='' original='' service='' method=Launch

main() {
  parse "$@"
  shift "$parsed"
  token=${XDG_ACTIVATION_TOKEN:-${DESKTOP_STARTUP_ID-}}
  # A token that the daemon would refuse is worth less than the click.
  case $token in
    *[[:cntrl:]]*) token= ;;
    *[![:print:]]*) is_text "$token" || token= ;;
  esac
  [ ${#token} -le 1024 ] || token=
  records=${XDG_RUNTIME_DIR-}/ringfence/instances
  find_pipes
  [ "$method" = Run ] || absolute "$@" || with_absolute_paths "$@"
  open "$@"
}

open() {
  # Nobody else's: a pid comes again, but not at the same time since boot.
  read -r now _ 2>/dev/null </proc/uptime || now=
  request=$$-$now
  call $first_wait "$@" && succeed
  if lost_reply; then
    end_hung_daemon
    # Nothing is pending now, nor will it be: either the app was released before, or it never will be.
    ! was_started || exit 0
    [ -z "$worth_a_retry" ] || { call $second_wait "$@" && succeed; }
    if lost_reply; then
      end_hung_daemon
      ! was_started || exit 0
    fi
  fi
  judge
}

# Sets `parsed` to the number of words that are options.
parse() {
  parsed=0
  while [ $# -gt 0 ]; do
    case $1 in
      --) parsed=$((parsed + 1)) && break ;;
      --strict) strict=1 ;;
      --run) method=Run ;;
      --app=* | --action=* | --profile=* | --original=* | --service=*) option "${1%%=*}" "${1#*=}" ;;
      --app | --action | --profile | --original | --service)
        [ $# -gt 1 ] || usage "$1 takes a value"
        option "$1" "$2"
        parsed=$((parsed + 1))
        shift
        ;;
      --help)
        usage_text
        exit 0
        ;;
      -*) usage "unknown option $1" ;;
      *) break ;;
    esac
    parsed=$((parsed + 1))
    shift
  done
  [ -n "$app" ] || usage 'which app? (--app ID)'
  [ "$method" = Launch ] || [ $# -gt 1 ] || usage 'which command? (-- COMMAND)'
  [ "$profile" != strict ] || strict=1
}

option() {
  case $1 in
    --app) app=$2 ;;
    --action) action=$2 ;;
    --profile) profile=$2 ;;
    --original) original=$2 ;;
    --service) service=$2 method=Run ;;
  esac
}

usage() {
  echo "ringfence-open: $1" >&2
  usage_text >&2
  exit 2
}

usage_text() {
  cat <<'END'
Usage: ringfence-open --app ID [--action ID] [--profile NAME] [--strict] [--original FILE] [--] [FILE|URI…]
       ringfence-open --app ID {--run | --service NAME} [--profile NAME] [--strict] -- COMMAND [ARGUMENT…]
END
}

# Whether every argument is an absolute path or a URI, and there is something in it.
absolute() {
  for one; do
    case $one in
      /*) ;;
      [A-Za-z]*:*) case ${one%%:*} in *[!A-Za-z0-9+.-]*) return 1 ;; esac ;;
      *) return 1 ;;
    esac
  done
}

# Goes on with relative paths made absolute and empty words left out.
with_absolute_paths() {
  count=$#
  for one; do
    case $one in
      '') continue ;;
      /*) ;;
      [A-Za-z]*:*) case ${one%%:*} in *[!A-Za-z0-9+.-]*) one=$PWD/$one ;; esac ;;
      *) one=$PWD/$one ;;
    esac
    set -- "$@" "$one"
  done
  shift "$count"
  open "$@"
}

is_text() {
  printf %s "$1" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1
}

# The short way to a daemon that runs: pipes of its own, which this shell can use without starting a D-Bus client
# (src/adapters/clicks/click-pipes.ts). They stand for the user's own bus.
find_pipes() {
  pipes=
  case ${DBUS_SESSION_BUS_ADDRESS-} in
    '' | "unix:path=${XDG_RUNTIME_DIR-}/bus" | "unix:path=${XDG_RUNTIME_DIR-}/bus,guid="*) ;;
    *) return ;;
  esac
  for folder in "${XDG_RUNTIME_DIR-}"/ringfence/clicks/1-*-*; do
    pid=${folder##*/1-}
    [ ! -d "/proc/${pid%-*}" ] || [ ! -p "$folder/bell" ] || pipes=$folder
  done
}

# Asks the daemon; the arguments after the time to wait are the files or the command. Sets `answer`, on failure to
# "ERROR-NAME: MESSAGE" where the daemon or the bus answered.
call() {
  wait=$1
  shift
  if [ -n "$pipes" ]; then
    with_words call_through_pipes "$@"
    status=$?
    # Once: whatever went wrong with it, another try goes over the bus.
    pipes=
    [ $status = 3 ] || return $status
  fi
  call_over_bus "$@"
}

# dbus-send is three times as fast as busctl, but splits lists at commas, drops empty words and takes a whole list as one
# argument, of which execve allows 128 KiB.
call_over_bus() {
  joined=
  for one; do
    case $one in '' | *,*) joined= && break ;; esac
    joined=$joined,$one
  done
  options=
  [ -z "$action" ] || options=$options,action,$action
  [ -z "$profile" ] || options=$options,profile,$profile
  [ -z "$token" ] || options=$options,activation-token,$token
  [ "$method" = Launch ] || options=$options,app-id,$app
  options=$options,request-id,$request
  case $app$action$profile$token in *,*) joined= options= ;; esac
  if { [ $# -eq 0 ] || [ -n "$joined" ]; } && [ -n "$options" ] && [ ${#joined} -lt 120000 ]; then
    call_with_dbus_send
    status=$?
    # 127: it is not installed. 134: libdbus aborts on text that is no UTF-8.
    case $status in
      126 | 127 | 134) ;;
      *) return $status ;;
    esac
  fi
  with_words call_with_busctl "$@" && return
  case $method$ascii$answer in
    Launch'Failed to create bus message'*) call_in_ascii "$@" ;;
    *) return 1 ;;
  esac
}

# Goes on with $1 and the call as busctl takes it: the method, the signature, and the arguments.
with_words() {
  go_on=$1
  shift
  [ "$method" = Launch ] || set -- "$@" 1 DBUS_STARTER_BUS_TYPE session
  count=$((1 + (${#action} > 0) + (${#profile} > 0) + (${#token} > 0)))
  words=$#
  [ "$method" = Launch ] || { words=$((words - 3)) count=$((count + 1)); }
  set -- "$words" "$@" $count request-id "$request"
  case $method in
    Launch) set -- sasa'{ss}' "$app" "$@" ;;
    Run) set -- asa'{ss}'a'{ss}' "$@" app-id "$app" ;;
  esac
  [ -z "$action" ] || set -- "$@" action "$action"
  [ -z "$profile" ] || set -- "$@" profile "$profile"
  [ -z "$token" ] || set -- "$@" activation-token "$token"
  "$go_on" "$method" "$@"
}

# Exit status 3: nothing has been asked this way.
call_through_pipes() {
  slot=0 rung=
  # O_EXCL: the first to make the file has the number.
  set -C
  until [ $slot = 16 ] || { printf '%s\0' $$ "$@" >"$pipes/$slot.request"; }; do
    slot=$((slot + 1))
  done
  set +C
  if [ $slot = 16 ]; then
    printf '16\n' 1<>"$pipes/bell"
    return 3
  fi
  # Opened for both first, which never waits for the other side.
  { ask_at_pipes; } 4<>"$pipes/$slot" 5<"$pipes/$slot"
  status=$?
  [ -n "$rung" ] || return 3
  return $status
} 2>/dev/null

ask_at_pipes() {
  # Now only the daemon can write: when it ends, however it does, so does the pipe.
  exec 4>&-
  printf '%s\n' $slot 1<>"$pipes/bell" || return 3
  rung=1
  # A shell cannot read for a limited time.
  (
    trap 'kill $!; exit' TERM
    sleep "$wait" &
    wait $! && printf '%s late\n' $$ 1<>"$pipes/$slot"
  ) </dev/null >/dev/null &
  timer=$!
  # What a dead client has not read may still be there.
  while IFS= read -r answer <&5; do
    case $answer in "$$ "*) break ;; esac
  done
  kill $timer
  printf '%s\n' -$slot 1<>"$pipes/bell"
  answer=${answer#"$$ "}
  case $answer in
    'ok '*) answer=${answer#ok } ;;
    'error '*) answer=${answer#error } && return 1 ;;
    pass) return 3 ;;
    late) answer='org.freedesktop.DBus.Error.NoReply: timed out' && return 1 ;;
    *)
      pid=${pipes##*/1-}
      until_bus_forgets "${pid%-*}"
      answer='org.freedesktop.DBus.Error.NoReply: disconnected' && return 1
      ;;
  esac
}

call_with_dbus_send() {
  case $method in
    Launch) set -- "string:$app" "array:string:${joined#,}" ;;
    Run) set -- "array:string:${joined#,}" dict:string:string:DBUS_STARTER_BUS_TYPE,session ;;
  esac
  answer=$(exec dbus-send --session --print-reply=literal --reply-timeout="${wait}000" --dest=$name $object $name.$method \
    "$@" "dict:string:string:${options#,}" 2>&1) && return
  status=$?
  answer=${answer#Error }
  return $status
}

# File names that are no UTF-8 go as URIs, in which any byte can be written; so do such bytes in a URI.
call_in_ascii() {
  ascii=1
  for one; do
    shift
    case $one in *[!\ -~]*) in_ascii "$one" && one=$REPLY ;; esac
    set -- "$@" "$one"
  done
  call "$wait" "$@"
}

in_ascii() {
  format= kind=uri
  case $1 in /*) format=file:// kind=path ;; esac
  for byte in $(printf %s "$1" | od -An -v -tx1); do
    case $kind$byte in
      path2f) format=$format/ ;;
      path* | uri[89a-f]?) format=$format%%$byte ;;
      uri25) format=$format%% ;;
      *) format=$format\\$((0x$byte / 64))$((0x$byte / 8 % 8))$((0x$byte % 8)) ;;
    esac
  done
  REPLY=$(printf "$format.")
  REPLY=${REPLY%.}
}

# Words go to busctl as they are. It tells the name of an error in its debug log only.
call_with_busctl() {
  member=$1
  shift
  answer=$(SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console SYSTEMD_COLORS=0 \
    exec busctl --user --timeout="$wait" call -- $name $object $name "$member" "$@" 2>&1) && return
  status=$?
  message=${answer##*"Call failed: "}
  message=${message%"$nl"Bus busctl*}
  case $answer in
    *'Call failed: Connection timed out'*) answer='org.freedesktop.DBus.Error.NoReply: timed out' ;;
    *' error-name='[!n]*'Call failed: '* | *'Call failed: '*' error-name='[!n]*)
      code=${answer##*' error-name='}
      answer=${code%% *}': '$message
      ;;
    *'Call failed: '*) answer="org.freedesktop.DBus.Error.Disconnected: $message" ;;
    *'Failed to '*)
      answer="Failed to ${answer#*'Failed to '}"
      answer=${answer%%"$nl"*}
      ;;
  esac
  return $status
}

succeed() {
  [ -z "$service" ] || await_service
  exit 0
}

# The bus takes our end for the service's unless the name is there by then.
await_service() {
  tries=0 ended=
  # The instance that the daemon has named; its record goes with it.
  number=${answer##*_2d}
  number=${number%\"}
  until bus_says NameHasOwner "string:$service" && [ "$said" != "${said%true*}" ]; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || refuse "$service did not appear on the bus"
    # It may have handed its name on and ended since it was asked for: once more, then.
    [ -z "$ended" ] || refuse "$service ended before it appeared on the bus"
    has_ended && ended=1 && continue
    sleep 0.05 2>/dev/null || sleep 1
  done
}

has_ended() {
  case $number in '' | *[!0-9]*) return 1 ;; esac
  [ -d "$records" ] || return 1
  for file in "$records"/*-"$number".json; do [ ! -e "$file" ] || return 1; done
}

bus_says() {
  member=$1
  shift
  said=$(exec dbus-send --session --print-reply=literal --reply-timeout=2000 --dest=org.freedesktop.DBus \
    /org/freedesktop/DBus org.freedesktop.DBus."$member" "$@" 2>/dev/null) && return
  [ $? = 127 ] || return 1
  signature=s
  said=$(exec busctl --user --timeout=2 call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus "$member" \
    $signature "${1#string:}" 2>/dev/null)
}

# Whether the request may have been taken although no answer came.
lost_reply() {
  worth_a_retry=
  case $answer in
    # The daemon ended in the middle; systemd and the bus start another.
    org.freedesktop.DBus.Error.NoReply:*disconnected*) worth_a_retry=1 ;;
    org.freedesktop.DBus.Error.NoReply:* | org.freedesktop.DBus.Error.Disconnected:*) ;;
    *) return 1 ;;
  esac
}

# A daemon that has not answered could still start the app when it comes back to life, after the original was started
# without it. It is disposable: apps live on without it, and a gate that it has not released dies with it.
end_hung_daemon() {
  [ -z "$worth_a_retry" ] || return 0
  bus_says GetConnectionUnixProcessID "string:$name" || return 0
  pid=${said##* }
  read -r stat 2>/dev/null <"/proc/$pid/stat" || return 0
  read -r now _ </proc/uptime
  # proc(5): the 22nd field is the start, in hundredths of a second since boot; the second may hold any character.
  started=$(set -f && set -- ${stat##*") "} && echo "${20}")
  # A younger one has come in place of the one that was asked.
  [ $((${now%.*} - started / 100 + 1)) -ge "$wait" ] || { worth_a_retry=1 && return 0; }
  kill -KILL "$pid" 2>/dev/null || return 0
  until_bus_forgets "$pid"
  worth_a_retry=1
}

# Or the next request would go to the dead daemon as well.
until_bus_forgets() {
  tries=0
  while bus_says GetConnectionUnixProcessID "string:$name" && [ "${said##* }" = "$1" ] && [ $tries -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.01 2>/dev/null || sleep 1
  done
}

# The daemon records an instance right before it releases the app, with the id of the request: another click on the same app
# may be under way.
was_started() {
  for file in "$records"/*.json; do
    read -r record 2>/dev/null <"$file" || [ -n "${record-}" ] || continue
    case $record in *"\"requestId\":\"$request\""*) return 0 ;; esac
  done
  return 1
}

# What becomes of the click when there is an error: design decisions in docs/clicks.md.
judge() {
  message=${answer#*": "}
  case $answer in
    org.ringfence.Error.NotEnforceable:* | org.ringfence.Error.NoSuchProfile:* | org.ringfence.Error.InvalidLimit:* | \
      org.ringfence.Error.ProgramNotFound:* | org.ringfence.Error.ProgramNotExecutable:*) refuse "$message" ;;
    org.ringfence.Error.*) fall_back "$message" ;;
    org.freedesktop.DBus.Error.NoReply:*) fall_back 'Ringfence does not answer' ;;
    org.freedesktop.DBus.Error.*) fall_back "Ringfence cannot be started: $message" ;;
    *) fall_back "the session bus cannot be reached: $answer" ;;
  esac
}

fall_back() {
  [ -z "$strict" ] || refuse "$1"
  tell "started without its fence: $1" 9a828b6ae58f5c00fe73f82a9a1af246
  exit 75
}

refuse() {
  tell "not started: $1" 4230b3be84f8de2cef246500cf873c47 end_startup
  exit 1
}

# Notification, journal and terminal; the app waits for none of them.
tell() {
  [ -z "$locale_was" ] || LC_ALL=$locale_was
  title=${app%.desktop}
  if [ -r "$original" ]; then
    while IFS= read -r line; do
      case $line in Name=*) title=${line#Name=} && break ;; esac
    done <"$original"
  fi
  echo "ringfence-open: $app: $1" >&2
  (
    ${3-:}
    notify "$title" "$1"
    log "$1" "$2"
  ) </dev/null >/dev/null 2>&1 &
}

notify() {
  # The body is markup (Desktop Notifications Specification).
  replace "$2" '&' '&amp;' && replace "$REPLY" '<' '&lt;' && replace "$REPLY" '>' '&gt;' && body=$REPLY
  # notify-send reads backslash escapes in the body.
  replace "$body" \\ \\\\
  notify-send -a Ringfence -i dialog-warning -- "$1" "$REPLY" && return
  variant_text "$1" && title=$REPLY
  variant_text "$body"
  gdbus call --session --timeout 5 --dest org.freedesktop.Notifications --object-path /org/freedesktop/Notifications \
    --method org.freedesktop.Notifications.Notify Ringfence 0 dialog-warning "$title" "$REPLY" '[]' '{}' -- -1
}

log() {
  replace "$app: $1" "$nl" ' '
  printf '%s\n' "MESSAGE=$REPLY" "MESSAGE_ID=$2" PRIORITY=4 SYSLOG_IDENTIFIER=ringfence-open "RINGFENCE_APP=$app" |
    logger --journald && return
  printf '%s\n' "$REPLY" | systemd-cat -t ringfence-open -p warning
}

# Or the desktop goes on waiting for a window, with a spinner, and takes no other click on the icon for 15 seconds.
end_startup() {
  [ -z "$token" ] || gjs -c '
    for (const version of ["4.0", "3.0"]) {
      try {
        imports.gi.versions.Gdk = version;
        const { Gdk } = imports.gi;
        if (version === "3.0") Gdk.init([]);
        else imports.gi.Gtk.init();
        Gdk.Display.get_default().notify_startup_complete(ARGV[0]);
        break;
      } catch {}
    }' "$token" &
}

# A string as GVariant text.
variant_text() {
  replace "$1" \\ \\\\ && replace "$REPLY" "'" "\\'"
  REPLY="'$REPLY'"
}

# Sets REPLY to $1 with each $2 replaced by $3.
replace() {
  rest=$1 REPLY=
  while :; do
    case $rest in
      *"$2"*) REPLY=$REPLY${rest%%"$2"*}$3 rest=${rest#*"$2"} ;;
      *) break ;;
    esac
  done
  REPLY=$REPLY$rest
}

main "$@"
