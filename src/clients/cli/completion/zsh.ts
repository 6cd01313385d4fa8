import type { Command } from '../command.ts';
import {
  type CompletionCommand,
  type CompletionOption,
  completionCommands,
  singleQuoted,
  type WordKind,
} from './words.ts';

/** The completion function for zsh, for a folder of its fpath. Starts no program. */
export function zshCompletion(commands: readonly Command[]): string {
  const table = completionCommands(commands);
  return `#compdef ringfence
# zsh completion for ringfence, made from its command table

_ringfence_apps() {
  local folder file expl
  local -a ids
  for folder in "\${XDG_DATA_HOME:-$HOME/.local/share}" \${(s.:.)\${XDG_DATA_DIRS:-/usr/local/share:/usr/share}}; do
    for file in $folder/applications/**/*.desktop(N); do
      ids+=("\${\${\${file#$folder/applications/}//\\//-}%.desktop}")
    done
  done
  ids=(\${(u)ids})
  _wanted apps expl app compadd -a ids
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
  compadd -a names
}

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

const actions: Readonly<Record<WordKind, string>> = {
  app: '_ringfence_apps',
  instance: '_ringfence_instances',
  command: '_normal',
  file: '_files',
  profile: '_ringfence_profiles',
  signal: '_signals',
  shell: '(bash zsh fish)',
  none: ' ',
};

function commandCase({ name, options, first, others }: CompletionCommand): string {
  const specs = options.flatMap(optionSpecs);
  if (first === 'command') specs.push(`'*::command:_normal'`);
  else if (first !== 'none') specs.push(`'1:${first}:${actions[first]}'`);
  if (first !== 'command' && others !== 'none') specs.push(`'*:${others}:${actions[others]}'`);
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
        : `${except}${one}[${text}]:${value.name}:${actions[value.kind]}`,
    ),
  );
}
