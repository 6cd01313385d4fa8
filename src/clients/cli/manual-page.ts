import { errorTable } from '../../domain/errors.ts';
import { type Command, commonOptions, type OptionSpec } from './command.ts';

/** ringfence(1) from the command table, as Markdown; the build makes a man page of it. */
export function manualPage(commands: readonly Command[]): string {
  return `# ringfence(1): starts any app in a fence of its own

## Synopsis

\`ringfence COMMAND [OPTION...]\`

## Description

Starts applications and commands in systemd scopes of their own, with limits on memory, CPU, tasks and IO, and makes the usual
icons do the same. The work is done by ringfenced(8), which the session bus starts when it is needed.

## Commands

${commands.map(commandSection).join('\n\n')}

## Options

${Object.entries(commonOptions).map(optionItem).join('\n\n')}

\`--version\`
: Without a command: print the version.

## Exit status

| status | meaning |
|---|---|
| 0 | done |
| 1 | ${statusOne(commands)} |
${exitStatus()}

## Environment

\`XDG_DATA_HOME\`, \`XDG_DATA_DIRS\`
: Where desktop entries are looked for, and where \`install\` and \`enable\` write.

\`XDG_CONFIG_HOME\`, \`XDG_CONFIG_DIRS\`
: Where the configuration is: see ringfence.toml(5).

\`DBUS_SESSION_BUS_ADDRESS\`, \`XDG_RUNTIME_DIR\`
: Where the session bus is.

\`NO_COLOR\`
: When set, nothing is coloured. Colours are used on a terminal only.

## See also

ringfenced(8), ringfence.toml(5), systemd.resource-control(5), journalctl(1)
`;
}

function commandSection({ name, operands, summary, details, options, examples }: Command): string {
  const own = Object.entries(options);
  return [
    `### \`${['ringfence', name, own.length > 0 ? '[OPTION...]' : '', operands].filter(Boolean).join(' ')}\``,
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...(details === undefined ? [] : [details]),
    ...own.map(optionItem),
    ...(examples === undefined ? [] : [examples.map((example) => `    ${example}`).join('\n')]),
  ].join('\n\n');
}

function optionItem([name, { short, value, help }]: readonly [string, OptionSpec]): string {
  const long = `\`--${name}${value === undefined ? '' : ` ${value}`}\``;
  return `${short === undefined ? '' : `\`-${short}\`, `}${long}\n: ${help.charAt(0).toUpperCase()}${help.slice(1)}.`;
}

function statusOne(commands: readonly Command[]): string {
  return commands
    .flatMap((one) => (one.statusOne === undefined ? [] : [`\`${one.name}\`: ${one.statusOne}`]))
    .join('; ');
}

function exitStatus(): string {
  const codes = new Map<number, string[]>();
  for (const [code, { exitCode }] of Object.entries(errorTable)) {
    const words = code.replace(/(?<!^)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase();
    codes.set(exitCode, [...(codes.get(exitCode) ?? []), words]);
  }
  return [...codes].map(([code, meanings]) => `| ${code} | ${meanings.join(', ')} |`).join('\n');
}
