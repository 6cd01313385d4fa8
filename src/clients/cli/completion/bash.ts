import { sectionKeys } from '../../../config/pure/config-key.ts';
import { limitNames } from '../../../domain/limits.ts';
import type { Command } from '../command.ts';
import { entriesScript } from './entries-script.ts';
import { trueOrFalseKeys, wordedKeys } from './switches.ts';
import { type CompletionCommand, completionCommands } from './words.ts';

/**
 * The completion script for bash. It works with and without the package bash-completion, and never starts a program but sed
 * and awk, to read profiles of the user's own and desktop entries.
 */
export function bashCompletion(commands: readonly Command[]): string {
  const table = completionCommands(commands);
  return `# bash completion for ringfence, made from its command table

${offers}

_ringfence() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local command=\${COMP_WORDS[1]} first=none others=none options= values= index at=0
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${table.map(({ name }) => name).join(' ')} help --help --version' -- "$cur"))
    return
  fi
  case $command in
${table.map(commandCase).join('\n')}
    *) return ;;
  esac
  # "values" has each option that takes one, with its kind: "--profile=profile".
  local pair
  for pair in $values; do
    if [[ $prev == "\${pair%%=*}" ]]; then
      _ringfence_offer "\${pair#*=}" "$cur"
      return
    fi
  done
  # Operands before the cursor, to know which one this is.
  local skip=
  for ((index = 2; index < COMP_CWORD; index++)); do
    if [[ -n $skip ]]; then skip=; continue; fi
    case \${COMP_WORDS[index]} in
      --) ((at > 0)) || at=$((index + 1)) ;;
      -*) [[ " $values" == *" \${COMP_WORDS[index]}="* ]] && skip=1 ;;
      *) ((at > 0)) || at=$index ;;
    esac
  done
  if [[ $first == command && ( $at -gt 0 || $cur != -* ) ]]; then
    ((at > 0)) || at=$COMP_CWORD
    if declare -F _command_offset >/dev/null; then
      _command_offset "$at"
    elif ((at == COMP_CWORD)); then
      COMPREPLY=($(compgen -c -- "$cur"))
    else
      _ringfence_offer file "$cur"
    fi
    return
  fi
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif ((at > 0)); then
    _ringfence_offer "$others" "$cur"
  else
    _ringfence_offer "$first" "$cur"
  fi
}

complete -F _ringfence ringfence
`;
}

/** What there is to offer, and what offers one kind of it. */
const offers = `_ringfence_apps() {
  local folder file id
  local IFS=:
  for folder in "\${XDG_DATA_HOME:-$HOME/.local/share}" \${XDG_DATA_DIRS:-/usr/local/share:/usr/share}; do
    for file in "$folder"/applications/*.desktop "$folder"/applications/*/*.desktop; do
      [[ -e $file ]] || continue
      id=\${file#"$folder"/applications/}
      id=\${id//\\//-}
      [[ $id == "$1"* ]] && printf '%q\\n' "\${id%.desktop}"
    done
  done
}

# The entries that are "available" or "enabled", or the "action"s of an app on the line.
_ringfence_entries() {
  local folder file folders="\${XDG_DATA_HOME:-$HOME/.local/share}:\${XDG_DATA_DIRS:-/usr/local/share:/usr/share}"
  local -a files=()
  local IFS=:
  for folder in $folders; do
    for file in "$folder"/applications/*.desktop "$folder"/applications/*/*.desktop; do
      [[ -r $file && -f $file ]] && files+=("$file")
    done
  done
  ((\${#files[@]} > 0)) || return
  IFS=' '
  RINGFENCE_SHOW=$1 RINGFENCE_LINE="\${COMP_WORDS[*]}" RINGFENCE_FOLDERS=$folders awk '${entriesScript}' "\${files[@]}" |
    while IFS= read -r file; do
      [[ $file == "$2"* ]] && printf '%q\\n' "$file"
    done
}

# What runs in a fence; processes of one's own once the word begins like one.
_ringfence_processes() {
  local process
  _ringfence_instances "$1"
  [[ $1 == [0-9]* ]] || return
  for process in /proc/[0-9]*; do
    [[ -O $process && \${process##*/} == "$1"* ]] && printf '%s\\n' "\${process##*/}"
  done
}

# What goes on behind "ringfence config VERB".
_ringfence_settings() {
  local verb=\${COMP_WORDS[2]} whose=\${COMP_WORDS[3]} key=\${COMP_WORDS[4]}
  [[ $verb != check ]] || return
  if ((COMP_CWORD == 3)); then
    printf '%s\\n' default-profile desktop notifications $(_ringfence_profiles | sed 's/^/profile./')
    _ringfence_apps "$1"
  elif ((COMP_CWORD == 4)) || [[ $verb == unset ]]; then
    case $whose in
      default-profile) [[ $verb != set ]] || _ringfence_profiles ;;
      desktop) printf '%s\\n' ${sectionKeys('desktop').join(' ')} ;;
      notifications) printf '%s\\n' ${sectionKeys('notifications').join(' ')} ;;
      profile.*) printf '%s\\n' ${sectionKeys('profile').join(' ')} ;;
      *) printf '%s\\n' ${sectionKeys('app').join(' ')} ;;
    esac
  elif ((COMP_CWORD == 5)); then
    case $key in
      profile | base) _ringfence_profiles ;;
      ${wordedKeys.map(({ key, words }) => `${key}) printf '%s\\n' ${words.join(' ')} ;;`).join('\n      ')}
      ${trueOrFalseKeys.join(' | ')} | ${sectionKeys('notifications').join(' | ')}) printf '%s\\n' true false ;;
    esac
  fi
}

# By app; by unit once the word begins like one.
_ringfence_instances() {
  local file unit id
  for file in "\${XDG_RUNTIME_DIR:-/run/user/$UID}"/ringfence/instances/*.json; do
    [[ -e $file ]] || continue
    unit=\${file##*/}
    unit=\${unit%.json}
    id=\${unit#app-ringfence-}
    id=\${id%-*}
    printf -v id '%b' "$id"
    [[ -n $1 && $unit == "$1"* ]] && printf '%q\\n' "$unit"
    [[ $id == "$1"* ]] && printf '%q\\n' "$id"
  done
}

_ringfence_profiles() {
  local file name
  local IFS=:
  for file in "\${XDG_CONFIG_HOME:-$HOME/.config}" \${XDG_CONFIG_DIRS:-/etc/xdg}; do
    [[ -r $file/ringfence/config.toml ]] || continue
    sed -n 's/^[[:space:]]*\\[[[:space:]]*profile\\.["'"'"']\\{0,1\\}\\([A-Za-z0-9_.-]*\\).*/\\1/p' "$file/ringfence/config.toml"
  done
  printf '%s\\n' relaxed strict
}

_ringfence_offer() {
  local IFS=$'\\n'
  case $1 in
    app) COMPREPLY=($(_ringfence_apps "$2" | sort -u)) ;;
    available | enabled | action) COMPREPLY=($(_ringfence_entries "$1" "$2" | sort -u)) ;;
    process) COMPREPLY=($(_ringfence_processes "$2" | sort -u)) ;;
    setting) COMPREPLY=($(compgen -W "$(_ringfence_settings "$2")" -- "$2")) ;;
    *\\|*) COMPREPLY=($(compgen -W "\${1//|/$'\\n'}" -- "$2")) ;;
    instance) COMPREPLY=($(_ringfence_instances "$2" | sort -u)) ;;
    profile) COMPREPLY=($(compgen -W "$(_ringfence_profiles)" -- "$2")) ;;
    limit) compopt -o nospace 2>/dev/null; COMPREPLY=($(compgen -W "${limitNames.map((name) => `${name}=`).join('\n')}" -- "$2")) ;;
    signal) COMPREPLY=($(compgen -W $'TERM\\nKILL\\nINT\\nHUP\\nSTOP\\nCONT\\nUSR1\\nUSR2' -- "$2")) ;;
    file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$2")) ;;
  esac
  # Nothing begins so: "ged" is org.gnome.gedit.
  [[ \${#COMPREPLY[@]} == 0 && -n $2 ]] || return
  case $1 in
    app) COMPREPLY=($(_ringfence_apps '' | _ringfence_last_parts "$2" | sort -u)) ;;
    available | enabled) COMPREPLY=($(_ringfence_entries "$1" '' | _ringfence_last_parts "$2" | sort -u)) ;;
    instance | process) COMPREPLY=($(_ringfence_instances '' | _ringfence_last_parts "$2" | sort -u)) ;;
    setting) ((COMP_CWORD != 3)) || COMPREPLY=($(_ringfence_apps '' | _ringfence_last_parts "$2" | sort -u)) ;;
  esac
}

# The ids whose last part begins like the word: one as a whole, several by that part, or readline would take away what was typed.
_ringfence_last_parts() {
  local id
  local -a ids=()
  while IFS= read -r id; do
    [[ $id == *.* ]] || continue
    local part=\${id##*.}
    [[ \${part,,} == "\${1,,}"* ]] && ids+=("$id")
  done < <(sort -u)
  if ((\${#ids[@]} == 1)); then
    printf '%s\\n' "\${ids[0]}"
  elif ((\${#ids[@]} > 1)); then
    printf '%s\\n' "\${ids[@]##*.}"
  fi
}`;

function commandCase({ name, options, first, others }: CompletionCommand): string {
  const words = options.flatMap((one) => [`--${one.name}`, ...(one.short === undefined ? [] : [`-${one.short}`])]);
  const values = options.flatMap(({ name: long, short, value }) =>
    value === undefined ? [] : [`--${long}=${value.kind}`, ...(short === undefined ? [] : [`-${short}=${value.kind}`])],
  );
  return `    ${name})
      first='${first}' others='${others}'
      options='${words.join(' ')}'
      values='${values.join(' ')}' ;;`;
}
