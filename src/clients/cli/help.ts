import { type Command, commonOptions, type OptionSpec } from './command.ts';
import { columns } from './terminal.ts';

/** The overview: `ringfence --help`. */
export function overview(commands: readonly Command[]): string {
  return [
    'Start any app in a fence of its own, with limits on memory, CPU, tasks and IO.',
    '',
    'Usage: ringfence COMMAND [OPTION...]',
    '',
    columns(commands.map(({ name, summary }) => [`  ${name}`, summary])),
    '',
    'See "ringfence COMMAND --help" for a command; "ringfence --version" prints the version.',
    'APP is an id (org.gnome.gedit), the last part of one (gedit), or a name in the menu, in any language.',
    '',
    exitCodes(commands),
  ].join('\n');
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const own = Object.entries(command.options).map(optionRow);
  return [
    `Usage: ringfence ${command.name} ${Object.keys(command.options).length > 0 ? '[OPTION...] ' : ''}${command.operands}`.trimEnd(),
    '',
    `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`,
    ...(command.details === undefined ? [] : ['', wrapped(command.details)]),
    ...(command.statusOne === undefined ? [] : ['', wrapped(`Exit code 1: ${command.statusOne}.`)]),
    '',
    columns([...own, ...Object.entries(commonOptions).map(optionRow)]),
    ...(command.examples === undefined ? [] : ['', 'Examples:', ...command.examples.map((example) => `  ${example}`)]),
  ].join('\n');
}

function optionRow([name, { short, value, help }]: readonly [string, OptionSpec]): string[] {
  return [`  ${short === undefined ? '   ' : `-${short},`} --${name}${value === undefined ? '' : ` ${value}`}`, help];
}

/** In the order of the numbers; ringfence(1) has the same with every error. */
function exitCodes(commands: readonly Command[]): string {
  const finding = commands.filter(({ statusOne }) => statusOne !== undefined).map(({ name }) => name);
  return wrapped(
    `Exit codes: 0 success, 1 see the help of ${finding.join(', ')}, 2 bad argument, 3 no such app or instance, ` +
      '4 bad desktop entry, 5 not enforceable, 6 systemd refused, 7 daemon unreachable, 70 internal error, ' +
      '126 program not executable, 127 program not found.',
  );
}

const width = 100;

/** Paragraphs with lines of a width that is easy to read; a single line break in them counts as a blank. */
function wrapped(text: string): string {
  return text
    .split('\n\n')
    .map((paragraph) => {
      const lines: string[] = [''];
      for (const word of paragraph.split(/\s+/)) {
        const line = lines.at(-1) ?? '';
        if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
        else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
      }
      return lines.join('\n');
    })
    .join('\n\n');
}
