import { asFileError } from '../../domain/errno-text.ts';
import { isRingfenceError, RingfenceError } from '../../domain/errors.ts';
import { nearestName } from '../../domain/nearest-name.ts';
import { type Command, type Context, parseWords } from './command.ts';
import { appsCommand } from './commands/apps.ts';
import { completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { containCommand } from './commands/contain.ts';
import { disableCommand } from './commands/disable.ts';
import { doctorCommand } from './commands/doctor.ts';
import { enableCommand } from './commands/enable.ts';
import { homeCommand } from './commands/home.ts';
import { installCommand } from './commands/install.ts';
import { killCommand, listCommand, showCommand, stopCommand } from './commands/instances.ts';
import { launchCommand } from './commands/launch.ts';
import { openOnceCommand } from './commands/open-once.ts';
import { runCommand } from './commands/run.ts';
import { shareCommand, unshareCommand } from './commands/share.ts';
import { statusCommand } from './commands/status.ts';
import { freezeCommand, setCommand, thawCommand } from './commands/steer.ts';
import { syncCommand } from './commands/sync.ts';
import { terminalCommand } from './commands/terminal.ts';
import { topCommand } from './commands/top.ts';
import { uninstallCommand } from './commands/uninstall.ts';
import { windowCommand } from './commands/window.ts';
import { commandHelp, overview } from './help.ts';
import { type Invocation, readInvocation } from './invocation.ts';
import { openTerminal } from './terminal.ts';

declare const RINGFENCE_VERSION: string;
/** Whether this is part of a package below /usr. */
declare const RINGFENCE_PACKAGED: boolean;

const commands: readonly Command[] = [
  launchCommand,
  runCommand,
  openOnceCommand,
  containCommand,
  listCommand,
  topCommand,
  windowCommand,
  showCommand,
  stopCommand,
  killCommand,
  setCommand,
  freezeCommand,
  thawCommand,
  statusCommand,
  enableCommand,
  disableCommand,
  appsCommand,
  configCommand,
  homeCommand,
  shareCommand,
  unshareCommand,
  syncCommand,
  installCommand(process.argv[1], () => commands, RINGFENCE_PACKAGED),
  uninstallCommand(process.argv[1], () => commands),
  doctorCommand,
  completionCommand(() => commands),
  terminalCommand,
];

async function main({ name, words: args }: Invocation, context: Context): Promise<number> {
  const { terminal, version } = context;
  if (name === undefined || name === '--help' || name === '-h') {
    terminal.print(overview(commands));
    return name === undefined ? 2 : 0;
  }
  if (name === 'help') return help(args, context);
  if (name === '--version') {
    if (args.includes('--json')) terminal.printJson({ version });
    else terminal.print(`ringfence ${version}`);
    return 0;
  }
  const command = commandOf(name);
  const words = parseWords(command, args);
  if (words.flag('help')) {
    terminal.print(commandHelp(command));
    return 0;
  }
  return command.run(words, context);
}

/** "ringfence help", and "ringfence help COMMAND", which is "ringfence COMMAND --help". */
async function help(args: readonly string[], { terminal }: Context): Promise<number> {
  const [name, extra] = args.filter((word) => !word.startsWith('-'));
  if (extra !== undefined) throw new RingfenceError('InvalidArgument', 'cannot show help: name one command');
  terminal.print(name === undefined ? overview(commands) : commandHelp(commandOf(name)));
  return 0;
}

function commandOf(name: string): Command {
  const command = commands.find((one) => one.name === name);
  if (command !== undefined) return command;
  const known = [...commands.map((one) => one.name), 'help'];
  const isOption = name.startsWith('-');
  const near = nearestName(name, isOption ? ['--help', '--version', '--json'] : known);
  const hint = near === undefined ? 'see "ringfence --help"' : `did you mean ${near}?`;
  const what = isOption ? `unknown option ${name}` : `${JSON.stringify(name)} is not a ringfence command`;
  throw new RingfenceError('InvalidArgument', `${what}; ${hint}`);
}

// The reader has seen enough ("ringfence apps | head"): what a program that SIGPIPE ends would do.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 70);
});

/** One that was deleted meanwhile has no name any more but the shell's. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return process.env['PWD'] ?? '/';
  }
}

const invocation = readInvocation(process.argv.slice(2), commands);
const terminal = openTerminal(process.stdout, process.stderr, process.env, invocation.json);
main(invocation, {
  environment: process.env,
  workingDirectory: workingDirectory(),
  terminal,
  version: RINGFENCE_VERSION,
}).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const failure = asFileError('go on', error);
    const { code, message, exitCode } = isRingfenceError(failure)
      ? failure
      : new RingfenceError('Failed', `internal error: ${error instanceof Error ? error.stack : String(error)}`);
    terminal.fail({ code, message, exitCode });
    process.exitCode = exitCode;
  },
);
