import { sectionKeys } from '../../../config/pure/config-key.ts';
import { limitNames } from '../../../domain/limits.ts';
import type { Command } from '../command.ts';
import { entriesScript } from './entries-script.ts';
import { trueOrFalseKeys, wordedKeys } from './switches.ts';
import {
  type CompletionCommand,
  type CompletionOption,
  completionCommands,
  listedWords,
  singleQuoted,
  type WordKind,
} from './words.ts';

/** The completion function for zsh, for a folder of its fpath. Starts no program but awk, to read desktop entries. */
export function zshCompletion(commands: readonly Command[]): string {
  const table = completionCommands(commands);
  return `#compdef ringfence
# zsh completion for ringfence, made from its command table

${offers}

_ringfence() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C '(- *)--help[show help]' '(- *)--version[print the version]' '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      local -a commands
      commands=(
${table.map(({ name, summary }) => `        ${singleQuoted(`${name}:${summary}`)}`).join('\n')}
      )
      _describe -t commands command commands
      ;;
    argument)
      case $words[1] in
${table.map(commandCase).join('\n')}
      esac
      ;;
  esac
}

_ringfence "$@"
`;
}

/** What offers each kind of word. */
const offers = `_ringfence_apps() {
  local folder file expl
  local -a ids
  for folder in "\${XDG_DATA_HOME:-$HOME/.local/share}" \${(s.:.)\${XDG_DATA_DIRS:-/usr/local/share:/usr/share}}; do
    for file in $folder/applications/**/*.desktop(N); do
      ids+=("\${\${\${file#$folder/applications/}//\\//-}%.desktop}")
    done
  done
  ids=(\${(u)ids})
  # Where nothing begins so: "ged" is org.gnome.gedit.
  _wanted apps expl app compadd -a ids || _wanted apps expl app compadd -M 'm:{a-zA-Z}={A-Za-z} l:|=* r:|=*' -a ids
}

# The entries that are "available" or "enabled", or the "action"s of an app on the line.
_ringfence_entries() {
  local folder folders="\${XDG_DATA_HOME:-$HOME/.local/share}:\${XDG_DATA_DIRS:-/usr/local/share:/usr/share}" expl
  local -a files found
  for folder in \${(s.:.)folders}; do
    files+=($folder/applications/**/*.desktop(N-.r))
  done
  (($#files)) || return 1
  found=(\${(f)"$(RINGFENCE_SHOW=$1 RINGFENCE_LINE="\${(j: :)\${(Q)words}}" RINGFENCE_FOLDERS=$folders awk '${entriesScript}' $files)"})
  _wanted $1 expl "$1" compadd -a found || _wanted $1 expl "$1" compadd -M 'm:{a-zA-Z}={A-Za-z} l:|=* r:|=*' -a found
}

# What runs in a fence; processes of one's own once the word begins like one.
_ringfence_processes() {
  local -a processes
  processes=(/proc/<->(NU:t))
  [[ $PREFIX == [0-9]* ]] && compadd -a processes
  _ringfence_instances
}

# What goes on behind "ringfence config VERB".
_ringfence_settings() {
  [[ $words[2] != check ]] || return
  if ((CURRENT == 3)); then
    local -a names
    compadd default-profile desktop notifications
    prefix=profile. _ringfence_profiles
    _ringfence_apps
  elif ((CURRENT == 4)) || [[ $words[2] == unset ]]; then
    case $words[3] in
      default-profile) [[ $words[2] != set ]] || _ringfence_profiles ;;
      desktop) compadd ${sectionKeys('desktop').join(' ')} ;;
      notifications) compadd ${sectionKeys('notifications').join(' ')} ;;
      profile.*) compadd ${sectionKeys('profile').join(' ')} ;;
      *) compadd ${sectionKeys('app').join(' ')} ;;
    esac
  elif ((CURRENT == 5)); then
    case $words[4] in
      profile|base) _ringfence_profiles ;;
      ${wordedKeys.map(({ key, words }) => `${key}) compadd ${words.join(' ')} ;;`).join('\n      ')}
      ${trueOrFalseKeys.join('|')}|${sectionKeys('notifications').join('|')}) compadd true false ;;
    esac
  fi
}

_ringfence_instances() {
  local -a units ids
  units=(\${XDG_RUNTIME_DIR:-/run/user/$UID}/ringfence/instances/*.json(N:t:r))
  local unit
  for unit in $units; do
    ids+=("\${(g::)\${\${unit#app-ringfence-}%-*}}")
  done
  ids=(\${(u)ids})
  _alternative 'apps:app:compadd -a ids' 'units:unit:compadd -a units'
}

_ringfence_profiles() {
  local file line
  local -a names
  names=(relaxed strict)
  for file in "\${XDG_CONFIG_HOME:-$HOME/.config}" \${(s.:.)\${XDG_CONFIG_DIRS:-/etc/xdg}}; do
    [[ -r $file/ringfence/config.toml ]] || continue
    while read -r line; do
      [[ $line = '[profile.'* ]] && names+=(\${\${\${line#\\[profile.}%%\\]*}//[\\"\\']/})
    done <$file/ringfence/config.toml
  done
  names=("\${names[@]/#/\${prefix-}}")
  compadd -a names
}`;

const actions: Readonly<Record<string, string>> = {
  app: '_ringfence_apps',
  available: '{_ringfence_entries available}',
  enabled: '{_ringfence_entries enabled}',
  action: '{_ringfence_entries action}',
  instance: '_ringfence_instances',
  limit: `{compadd -S "" ${limitNames.map((name) => `${name}=`).join(' ')}}`,
  process: '_ringfence_processes',
  setting: '_ringfence_settings',
  command: '_normal',
  file: '_files',
  profile: '_ringfence_profiles',
  signal: '_signals',
  none: ' ',
};

function messageOf(kind: WordKind): string {
  return listedWords(kind) === undefined ? kind : 'word';
}

function actionOf(kind: WordKind): string {
  const listed = listedWords(kind);
  return listed === undefined ? (actions[kind] ?? ' ') : `(${listed.join(' ')})`;
}

function commandCase({ name, options, first, others }: CompletionCommand): string {
  const specs = options.flatMap(optionSpecs);
  if (first === 'command') specs.push(`'*::command:_normal'`);
  else if (first !== 'none') specs.push(`'1:${messageOf(first)}:${actionOf(first)}'`);
  if (first !== 'command' && others !== 'none') specs.push(`'*:${messageOf(others)}:${actionOf(others)}'`);
  return `        ${name}) _arguments -s ${first === 'command' ? '-A "-*" ' : ''}\\
${specs.map((spec) => `          ${spec}`).join(' \\\n')} ;;`;
}

function optionSpecs({ name, short, help, value }: CompletionOption): string[] {
  const text = help.replace(/[[\]:\\]/g, (mark) => `\\${mark}`);
  const names = [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
  const except = names.length > 1 ? `(${names.join(' ')})` : '';
  return names.map((one) =>
    singleQuoted(
      value === undefined
        ? `${except}${one}[${text}]`
        : `${except}${one}[${text}]:${value.name}:${actionOf(value.kind)}`,
    ),
  );
}
