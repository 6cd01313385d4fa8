import { sectionKeys } from '../../../config/pure/config-key.ts';
import { limitNames } from '../../../domain/limits.ts';
import type { Command } from '../command.ts';
import { entriesScript } from './entries-script.ts';
import { trueOrFalseKeys, wordedKeys } from './switches.ts';
import { type CompletionCommand, completionCommands, listedWords, type WordKind } from './words.ts';

/** The completion script for fish. Starts no program but awk, to read desktop entries. */
export function fishCompletion(commands: readonly Command[]): string {
  const table = completionCommands(commands);
  return `# fish completion for ringfence, made from its command table

${offers}

# How many operands there are before the cursor, behind the command's name.
function __ringfence_operands
    set -l words (commandline -opc)
    set -l count 0
    set -l skip
    for word in $words[3..-1]
        if set -q skip[1]
            set -e skip
        else if contains -- $word ${valueOptions(table)}
            set skip yes
        else if not string match -q -- '-*' $word
            set count (math $count + 1)
        end
    end
    echo $count
end

function __ringfence_at
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]; or return 1
    set -q argv[2]; or return 0
    test (__ringfence_operands) -eq 0; and test $argv[2] = first; and return 0
    test (__ringfence_operands) -gt 0; and test $argv[2] = others
end

function __ringfence_command
    set -l words (commandline -opc)
    for index in (seq 3 (count $words))
        string match -q -- '-*' $words[$index]; and continue
        contains -- $words[(math $index - 1)] ${valueOptions(table)}; and continue
        complete --do-complete="$(string escape -- $words[$index..-1] | string join ' ') $(commandline -ct)"
        return
    end
    set -l word (commandline -ct)
    string match -q -- '-*' $word; or complete --do-complete="$word"
end

complete -c ringfence -f
complete -c ringfence -n 'test (count (commandline -opc)) -eq 1' -l help -s h -d 'show help'
complete -c ringfence -n 'test (count (commandline -opc)) -eq 1' -l version -d 'print the version'
${table.flatMap(commandLines).join('\n')}
`;
}

/** What offers each kind of word, but for what depends on the table of commands. */
const offers = `function __ringfence_apps
    set -l home $HOME/.local/share
    set -q XDG_DATA_HOME; and set home $XDG_DATA_HOME
    set -l folders /usr/local/share /usr/share
    set -q XDG_DATA_DIRS; and set folders (string split : -- $XDG_DATA_DIRS)
    for folder in $home $folders
        for file in $folder/applications/*.desktop $folder/applications/*/*.desktop
            string replace -- $folder/applications/ '' $file | string replace -a / - | string replace -r '\\.desktop$' ''
        end
    end
end

# The entries that are "available" or "enabled", or the "action"s of an app on the line.
function __ringfence_entries
    set -l home $HOME/.local/share
    set -q XDG_DATA_HOME; and set home $XDG_DATA_HOME
    set -l folders /usr/local/share /usr/share
    set -q XDG_DATA_DIRS; and set folders (string split : -- $XDG_DATA_DIRS)
    set -l files
    for folder in $home $folders
        for file in $folder/applications/*.desktop $folder/applications/*/*.desktop
            test -r $file; and test -f $file; and set -a files $file
        end
    end
    set -q files[1]; or return
    set -l line (commandline -opc | string join ' ')
    env RINGFENCE_SHOW=$argv[1] RINGFENCE_LINE="$line" RINGFENCE_FOLDERS=(string join : -- $home $folders) awk '${entriesScript}' $files
end

# What runs in a fence; processes of one's own once the word begins like one.
function __ringfence_processes
    __ringfence_instances
    string match -qr '^[0-9]' -- (commandline -ct); or return
    for process in (string match -r '^/proc/[0-9]+$' -- /proc/*)
        test -O $process; and string replace /proc/ '' -- $process
    end
end

# What goes on behind "ringfence config VERB".
function __ringfence_settings
    set -l words (commandline -opc)
    test $words[3] = check; and return
    switch (count $words)
        case 3
            printf '%s\\n' default-profile desktop notifications
            string replace -r '^' profile. -- (__ringfence_profiles)
            __ringfence_apps
        case 4
            __ringfence_keys $words[4] $words[3]
        case 5
            if test $words[3] = unset
                __ringfence_keys $words[4]
            else if contains -- $words[5] profile base
                __ringfence_profiles
            ${wordedKeys.map(({ key, words }) => `else if test $words[5] = ${key}\n                printf '%s\\n' ${words.join(' ')}`).join('\n            ')}
            else if contains -- $words[5] ${trueOrFalseKeys.join(' ')} ${sectionKeys('notifications').join(' ')}
                printf '%s\\n' true false
            end
    end
end

function __ringfence_keys
    switch $argv[1]
        case default-profile
            test "$argv[2]" = set; and __ringfence_profiles
        case desktop
            printf '%s\\n' ${sectionKeys('desktop').join(' ')}
        case notifications
            printf '%s\\n' ${sectionKeys('notifications').join(' ')}
        case 'profile.*'
            printf '%s\\n' ${sectionKeys('profile').join(' ')}
        case '*'
            printf '%s\\n' ${sectionKeys('app').join(' ')}
    end
end

function __ringfence_instances
    set -l runtime /run/user/(id -u)
    set -q XDG_RUNTIME_DIR; and set runtime $XDG_RUNTIME_DIR
    for file in $runtime/ringfence/instances/*.json
        set -l unit (string replace -r '.*/' '' -- $file | string replace -r '\\.json$' '')
        printf '%b\\n' (string replace -r '^app-ringfence-(.*)-[0-9]+$' '$1' -- $unit)
        string length -q -- (commandline -ct); and echo $unit
    end
end

function __ringfence_profiles
    set -l home $HOME/.config
    set -q XDG_CONFIG_HOME; and set home $XDG_CONFIG_HOME
    set -l folders /etc/xdg
    set -q XDG_CONFIG_DIRS; and set folders (string split : -- $XDG_CONFIG_DIRS)
    printf '%s\\n' relaxed strict
    for folder in $home $folders
        test -r $folder/ringfence/config.toml; or continue
        string match -rg '^\\s*\\[\\s*profile\\.["\\']?([A-Za-z0-9_.-]+)' <$folder/ringfence/config.toml
    end
end`;

const actions: Readonly<Record<string, string>> = {
  app: "-f -a '(__ringfence_apps)'",
  available: "-f -a '(__ringfence_entries available)'",
  enabled: "-f -a '(__ringfence_entries enabled)'",
  action: "-f -a '(__ringfence_entries action)'",
  process: "-f -a '(__ringfence_processes)'",
  setting: "-f -a '(__ringfence_settings)'",
  instance: "-f -a '(__ringfence_instances)'",
  limit: `-f -a '${limitNames.map((name) => `${name}=`).join(' ')}'`,
  command: "-a '(__ringfence_command)'",
  file: '-F',
  profile: "-f -a '(__ringfence_profiles)'",
  signal: "-f -a 'TERM KILL INT HUP STOP CONT USR1 USR2'",
};

function actionOf(kind: WordKind): string {
  const listed = listedWords(kind);
  return listed === undefined ? (actions[kind] ?? '-f') : `-f -a '${listed.join(' ')}'`;
}

function commandLines({ name, summary, options, first, others }: CompletionCommand): string[] {
  const at = (place?: 'first' | 'others') =>
    `complete -c ringfence -n '__ringfence_at ${[name, place].filter(Boolean).join(' ')}'`;
  return [
    `complete -c ringfence -n 'test (count (commandline -opc)) -eq 1' -a ${name} -d ${quoted(summary)}`,
    ...options.map(({ name: long, short, help, value }) => {
      const takes = value === undefined ? '' : ` -r${value.kind === 'none' ? ' -f' : ` ${actionOf(value.kind)}`}`;
      return `${at()} -l ${long}${short === undefined ? '' : ` -s ${short}`} -d ${quoted(help)}${takes}`;
    }),
    ...(first === 'none' ? [] : [`${at('first')} ${actionOf(first)}`]),
    ...(others === 'none' ? [] : [`${at('others')} ${actionOf(others)}`]),
  ];
}

function valueOptions(table: readonly CompletionCommand[]): string {
  const names = table.flatMap(({ options }) =>
    options.flatMap(({ name, short, value }) =>
      value === undefined ? [] : [`--${name}`, ...(short === undefined ? [] : [`-${short}`])],
    ),
  );
  return [...new Set(names)].join(' ');
}

/** fish knows two escapes inside single quotes. */
function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, (mark) => `\\${mark}`)}'`;
}
