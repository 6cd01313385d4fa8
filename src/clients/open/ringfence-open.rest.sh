# The other half of ringfence-open, which reads this file in a subshell when a click takes more than one dbus-send: for
# what that cannot carry, for a daemon that does not run, for an answer that did not come, and for errors. It has the
# variables of ringfence_open; `status` is that of the first dbus-send, empty when the daemon was not asked yet.

# Patterns look at bytes. Not exported unless it was, so the original is kept for whatever speaks to the user.
locale_was=${LC_ALL-}
LC_ALL=C
nl='
'
name=org.ringfence.Ringfence1
object=/org/ringfence/Ringfence1
manager=org.freedesktop.systemd1
records=${XDG_RUNTIME_DIR-}/@RECORDS_FOLDER@
ascii= asked_before=

# Ends with the exit status of ringfence-open.
take_care() {
  [ -z "$wrong" ] || usage
  # A token that the daemon would refuse is worth less than the click.
  case $token in
    *[[:cntrl:]]*) token= ;;
    *[![:print:]]*) is_text "$token" || token= ;;
  esac
  [ ${#token} -le 1024 ] || token=
  [ "$method" = Run ] || is_absolute "$@" || with_absolute_paths "$@"
  until_answered "$@"
}

usage() {
  case $wrong in
    help) usage_text && exit 0 ;;
    version) echo 'ringfence-open @VERSION@' && exit 0 ;;
  esac
  echo "ringfence-open: $wrong" >&2
  usage_text >&2
  exit 2
}

usage_text() {
  cat <<'END'
Usage: ringfence-open --app ID [--action ID] [--profile NAME] [--strict] [--once] [--original FILE] [--] [FILE|URI…]
       ringfence-open --app ID {--run | --service NAME} [--profile NAME] [--strict] -- COMMAND [ARGUMENT…]
END
}

is_text() {
  printf %s "$1" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1
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
  until_answered "$@"
}

# The click: asks, and asks anew when the daemon that was asked has ended without an answer.
until_answered() {
  while :; do
    if [ -n "$status$asked_before" ] || can_be_asked; then ask "$@" && succeed; fi
    asked_before=1
    has_lost_answer || break
    wait_for_systemd
    ! was_started || exit 0
    end_hung_daemon
    # Nothing is pending now: either the app was released before, or it never will be.
    ! was_started || exit 0
    [ -n "$daemon_is_gone" ] && [ "$(seconds_since_click)" -lt 15 ] || break
    wait=5
  done
  judge
}

seconds_since_click() {
  read -r now idle </proc/uptime
  echo $((${now%.*} - ${begun%.*}))
}

# Looks whether systemd could start the daemon, and has it do so. The bus alone would tell only after a time limit that it
# cannot, and while it waits for one that could not be started it asks systemd for no other.
can_be_asked() {
  bus_says NameHasOwner "string:$name" && [ "$said" = "${said%true*}" ] || return 0
  found=$(exec busctl --user --timeout=2 get-property $manager @UNIT_OBJECT@ $manager.Service ExecStart 2>/dev/null) ||
    return 0
  # Each word in double quotes; none where systemd knows no such unit. With a backslash in it, it is not what it looks like.
  case $found in
    *\\*) return 0 ;;
    *'"'*) ;;
    *) return 0 ;;
  esac
  case $found in *\"/usr/*lib/ringfence/*) anew='install the package ringfence again' ;; *) anew='run "ringfence install"' ;; esac
  while [ "$found" != "${found#*'"'}" ]; do
    found=${found#*'"'}
    word=${found%%'"'*}
    found=${found#*'"'}
    case $word in
      /*) [ -e "$word" ] || { cannot_start "$word" && return 1; } ;;
    esac
    case $word in
      */ringfenced)
        word=$(readlink -f -- "$word")@BUNDLE_SUFFIX@
        [ -e "$word" ] || { cannot_start "$word" && return 1; }
        ;;
    esac
  done
  start_unit >/dev/null 2>&1
  return 0
}

cannot_start() {
  answer="@UNREACHABLE@: cannot start the daemon: $1 is gone (was node updated or removed?); $anew"
}

start_unit() {
  dbus-send --session --print-reply --reply-timeout=2000 --dest=$manager /org/freedesktop/systemd1 \
    $manager.Manager.StartUnit string:ringfence.service string:replace && return
  [ $? = 127 ] || return
  busctl --user --timeout=2 call $manager /org/freedesktop/systemd1 $manager.Manager StartUnit ss ringfence.service replace
}

# Asks, unless that dbus-send was just done whose status is `status`. Sets `answer`, on failure to "ERROR-NAME: MESSAGE" where
# the daemon or the bus answered. busctl takes a third longer than dbus-send and carries everything.
ask() {
  if [ -z "$status" ]; then
    if fits_dbus_send "$@"; then
      ask_with_dbus_send
      status=$?
    else
      status=127
    fi
  fi
  sent=$status status=
  case $sent in
    0) return ;;
    # 127: it is not installed. 134: libdbus aborts on text that is no UTF-8.
    126 | 127 | 134) ;;
    *) answer=${answer#Error } && return 1 ;;
  esac
  with_words ask_with_busctl "$@" && return
  case $method$ascii$answer in
    Launch'Failed to create bus message'*) ask_in_ascii "$@" ;;
    *) return 1 ;;
  esac
}

# Goes on with $1 and the call as busctl takes it: the method, the signature, and the arguments.
with_words() {
  go_on=$1
  shift
  [ "$method" = Launch ] || set -- "$@" 1 DBUS_STARTER_BUS_TYPE session
  count=$((1 + (${#action} > 0) + (${#profile} > 0) + (${#once} > 0) + (${#token} > 0)))
  words=$#
  [ "$method" = Launch ] || { words=$((words - 3)) count=$((count + 1)); }
  set -- "$words" "$@" $count request-id "$request"
  case $method in
    Launch) set -- sasa'{ss}' "$app" "$@" ;;
    Run) set -- asa'{ss}'a'{ss}' "$@" app-id "$app" ;;
  esac
  [ -z "$action" ] || set -- "$@" action "$action"
  [ -z "$profile" ] || set -- "$@" profile "$profile"
  [ -z "$once" ] || set -- "$@" once yes
  [ -z "$token" ] || set -- "$@" activation-token "$token"
  "$go_on" "$method" "$@"
}

# File names that are no UTF-8 go as URIs, in which any byte can be written; so do such bytes in a URI.
ask_in_ascii() {
  ascii=1
  for one; do
    shift
    case $one in *[!\ -~]*) in_ascii "$one" && one=$REPLY ;; esac
    set -- "$@" "$one"
  done
  ask "$@"
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
ask_with_busctl() {
  member=$1
  shift
  answer=$(SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console SYSTEMD_COLORS=0 \
    exec busctl --user --timeout="$wait" call -- $name $object $name "$member" "$@" 2>&1) && return
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
  return 1
}

succeed() {
  [ -z "$service" ] || await_service
  exit 0
}

# The bus takes our end for the service's unless the name is there by then.
await_service() {
  tries=0 ended=
  # The instance that the daemon has named; its record goes with it.
  number=${answer##*@DASH_IN_PATH@}
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
  for file in "$records"/*-"$number"@RECORD_SUFFIX@; do [ ! -e "$file" ] || return 1; done
}

bus_says() {
  member=$1
  shift
  said=$(exec dbus-send --session --print-reply=literal --reply-timeout=2000 --dest=org.freedesktop.DBus \
    /org/freedesktop/DBus org.freedesktop.DBus."$member" "$@" 2>/dev/null) && return
  [ $? = 127 ] || return 1
  said=$(exec busctl --user --timeout=2 call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus "$member" \
    s "${1#string:}" 2>/dev/null)
}

# Whether the request may have been taken although no answer came.
has_lost_answer() {
  daemon_is_gone=
  case $answer in
    # The daemon ended in the middle; systemd and the bus start another.
    org.freedesktop.DBus.Error.NoReply:*disconnected*) daemon_is_gone=1 ;;
    org.freedesktop.DBus.Error.NoReply:* | org.freedesktop.DBus.Error.Disconnected:*) ;;
    *) return 1 ;;
  esac
}

# A daemon that is alive and has not answered waits for systemd, which may be slow: while journald hangs, each scope takes it ten
# seconds. The app is recorded as soon as it is started.
wait_for_systemd() {
  while [ -z "$daemon_is_gone" ] && [ "$(seconds_since_click)" -lt 28 ] && ! was_started && is_alive; do
    sleep 0.2 2>/dev/null || sleep 1
  done
}

is_alive() {
  dbus-send --session --print-reply=literal --reply-timeout=1000 --dest=$name $object org.freedesktop.DBus.Peer.Ping \
    >/dev/null 2>&1 && return
  [ $? = 127 ] || return 1
  busctl --user --timeout=1 call $name $object org.freedesktop.DBus.Peer Ping >/dev/null 2>&1
}

# A daemon that has not answered could still start the app when it comes back to life, after the original was started
# without it. It is disposable: apps live on without it, and a gate that it has not released dies with it.
end_hung_daemon() {
  [ -z "$daemon_is_gone" ] || return 0
  bus_says GetConnectionUnixProcessID "string:$name" || return 0
  pid=${said##* }
  read -r stat 2>/dev/null <"/proc/$pid/stat" || return 0
  read -r now _ </proc/uptime
  # proc(5): the 22nd field is the start, in hundredths of a second since boot; the second may hold any character.
  started=$(set -f && set -- ${stat##*") "} && echo "${20}")
  # A younger one has come in place of the one that was asked.
  [ $((${now%.*} - started / 100 + 1)) -ge "$wait" ] || { daemon_is_gone=1 && return 0; }
  kill -KILL "$pid" 2>/dev/null || return 0
  until_bus_forgets "$pid"
  daemon_is_gone=1
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
  for file in "$records"/*@RECORD_SUFFIX@; do
    read -r record 2>/dev/null <"$file" || [ -n "${record-}" ] || continue
    case $record in *@REQUEST_IN_RECORD@*) return 0 ;; esac
  done
  return 1
}

# What becomes of the click when there is an error: domain/errors.ts and docs/clicks.md.
judge() {
  message=${answer#*": "}
  case $answer in
    @REFUSING_ERRORS@) refuse "$message" ;;
    org.ringfence.Error.*) fall_back "$message" ;;
    org.freedesktop.DBus.Error.NoReply:*) fall_back 'Ringfence does not answer' ;;
    org.freedesktop.DBus.Error.ServiceUnknown:*) fall_back 'Ringfence is not installed; install its package, or run "ringfence install"' ;;
    org.freedesktop.DBus.Error.*) fall_back "Ringfence cannot be started: $message" ;;
    *) fall_back "the session bus cannot be reached: $answer" ;;
  esac
}

fall_back() {
  [ -z "$strict" ] || refuse "$1"
  tell 'was started without its fence' "$1" @FALLBACK_MESSAGE_ID@
  exit 75
}

refuse() {
  tell 'was not started' "$1" @REFUSED_MESSAGE_ID@ end_startup
  exit 1
}

# Notification, journal and terminal; the app waits for none of them.
tell() {
  [ -z "$locale_was" ] || LC_ALL=$locale_was
  echo "ringfence-open: $app: ${1#was }: $2" >&2
  (
    ${4-:}
    find_app_name
    # The title has said that it is about the start of this app.
    case $2 in
      'cannot launch '*': '*) notify "$app_name $1" "${2#*: }" ;;
      *) notify "$app_name $1" "$2" ;;
    esac
    log "${1#was }: $2" "$3"
  ) </dev/null >/dev/null 2>&1 &
}

# As the original entry has it, in the user's language.
find_app_name() {
  app_name=${app%.desktop}
  exact_name='' near_name=''
  language=${locale_was:-${LC_MESSAGES:-${LANG-}}}
  language=${language%%[.@]*}
  [ ! -r "$original" ] || while IFS= read -r line; do
    case $line in
      '[Desktop Action '*) break ;;
      Name=*) app_name=${line#*=} ;;
      "Name[$language]="*) exact_name=${line#*=} ;;
      "Name[${language%%_*}]="*) near_name=${line#*=} ;;
    esac
  done <"$original"
  app_name=${exact_name:-${near_name:-$app_name}}
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
  [ -z "$token" ] || gjs -c @END_STARTUP_PROGRAM@ "$token" &
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
