#!/bin/sh
# ringfence-open --app ID [--action ID] [--profile NAME] [--strict] [--once] [--original FILE] [--] [FILE|URI…]
# ringfence-open --app ID {--run | --service NAME} [--profile NAME] [--strict] -- COMMAND [ARGUMENT…]
#
# Asks ringfenced to start an app in its fence and ends as soon as that has answered. An icon's shell reads this file into
# itself ("."): its script has the path of this file in ringfence_client, the Exec lines of 0.2.0 in $0. D-Bus activation files,
# autostart entries and scripts run it as a program. --run and --service have it start COMMAND as a part of the app;
# --service waits until NAME has an owner. It never starts anything itself. Its last status, which is its exit status as a program:
#    0  the app runs in its fence
#    1  not started, and it must not be; the user has been told
#    2  wrong usage
#   75  not started: the caller is to start the original now, without a fence; the user has been told so
#  127  the other half of this program is gone
#
# While all is well a click is one shell and one dbus-send. Everything else is in ringfence-open.rest, beside this file.

ringfence_open() {
  # Local, so that the original, should the icon's shell start it, gets the environment unchanged.
  local app='' action='' profile='' strict='' once='' original='' service='' method=Launch wrong='' parsed=0
  local client one rest token begun idle request list options answer='' status=''
  # Seconds until a daemon that has not answered counts as hung.
  local wait=10
  client=${ringfence_client:-$0}
  rest=$client.rest
  [ ! -L "$client" ] || rest=$(readlink -f -- "$client").rest
  case $rest in */*) ;; *) rest=./$rest ;; esac
  [ -r "$rest" ] || return 127
  parse "$@"
  shift "$parsed"
  token=${XDG_ACTIVATION_TOKEN:-${DESKTOP_STARTUP_ID-}}
  # The id of this request is nobody else's: a pid comes again, but not at the same time since boot.
  read -r begun idle 2>/dev/null </proc/uptime || begun=
  request=$$-$begun
  if [ -d "${XDG_RUNTIME_DIR-}/@DAEMON_MARK@" ] && is_plain "$@" && fits_dbus_send "$@"; then
    ask_with_dbus_send
    status=$?
    [ "$status$service" != 0 ] || return 0
  fi
  (. "$rest" && take_care "$@")
}

# Sets `parsed` to the number of words that are options, and `wrong` to what is wrong with them.
parse() {
  while [ $# -gt 0 ]; do
    case $1 in
      --)
        parsed=$((parsed + 1))
        shift
        break
        ;;
      --strict) strict=1 ;;
      --once) once=1 strict=1 ;;
      --run) method=Run ;;
      --app=* | --action=* | --profile=* | --original=* | --service=*) option "${1%%=*}" "${1#*=}" ;;
      --app | --action | --profile | --original | --service)
        [ $# -gt 1 ] || { wrong="$1 takes a value" && return; }
        option "$1" "$2"
        parsed=$((parsed + 1))
        shift
        ;;
      -h | --help) wrong=help && return ;;
      --version) wrong=version && return ;;
      -*) wrong="unknown option $1" && return ;;
      *) break ;;
    esac
    parsed=$((parsed + 1))
    shift
  done
  [ -n "$app" ] || wrong='which app? (--app ID)'
  [ "$method" = Launch ] || [ $# -gt 0 ] || wrong='which command? (-- COMMAND)'
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

# Whether the options and files need no second look: no relative file names, a token that any app could use.
is_plain() {
  [ -z "$wrong" ] && [ ${#token} -le 1024 ] || return
  case $token in *[![:print:]]*) return 1 ;; esac
  [ "$method" = Run ] || is_absolute "$@"
}

# Whether every argument is an absolute path or a URI.
is_absolute() {
  for one; do
    case $one in
      /*) ;;
      [A-Za-z]*:*) case ${one%%:*} in *[!A-Za-z0-9+.-]*) return 1 ;; esac ;;
      *) return 1 ;;
    esac
  done
}

# Whether dbus-send can carry it all: it splits lists at commas, drops empty words, and takes a list as one argument, for
# which execve has 128 KiB. Sets `list` and `options`.
fits_dbus_send() {
  list='' options=''
  for one; do
    case $one in '' | *,*) return 1 ;; esac
    list=$list,$one
  done
  [ ${#list} -lt 120000 ] || return
  case $app$action$profile$token in *,*) return 1 ;; esac
  options=request-id,$request
  [ -z "$action" ] || options=$options,action,$action
  [ -z "$profile" ] || options=$options,profile,$profile
  [ -z "$once" ] || options=$options,once,yes
  [ -z "$token" ] || options=$options,activation-token,$token
  [ "$method" = Launch ] || options=$options,app-id,$app
}

# Sets `answer`: the instance, or "Error NAME: MESSAGE".
ask_with_dbus_send() {
  case $method in
    Launch) set -- "string:$app" "array:string:${list#,}" ;;
    Run) set -- "array:string:${list#,}" dict:string:string:DBUS_STARTER_BUS_TYPE,session ;;
  esac
  answer=$(exec dbus-send --session --print-reply=literal --reply-timeout="${wait}000" --dest=org.ringfence.Ringfence1 \
    /org/ringfence/Ringfence1 "org.ringfence.Ringfence1.$method" "$@" "dict:string:string:$options" 2>&1)
}

ringfence_open "$@"
