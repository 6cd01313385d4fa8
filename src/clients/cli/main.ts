import { isRingfenceError, RingfenceError } from '../../domain/errors.ts';
import { type Command, type Context, parseWords } from './command.ts';
import { appsCommand } from './commands/apps.ts';
import { completionCommand } from './commands/completion.ts';
import { containCommand } from './commands/contain.ts';
import { disableCommand } from './commands/disable.ts';
import { doctorCommand } from './commands/doctor.ts';
import { enableCommand } from './commands/enable.ts';
import { installCommand } from './commands/install.ts';
import { killCommand, listCommand, showCommand, stopCommand } from './commands/instances.ts';
import { launchCommand } from './commands/launch.ts';
import { runCommand } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';
import { syncCommand } from './commands/sync.ts';
import { terminalCommand } from './commands/terminal.ts';
import { uninstallCommand } from './commands/uninstall.ts';
import { commandHelp, overview } from './help.ts';
import { openTerminal } from './terminal.ts';

declare const RINGFENCE_VERSION: string;

const commands: readonly Command[] = [
  launchCommand,
  runCommand,
  containCommand,
  listCommand,
  showCommand,
  stopCommand,
  killCommand,
  statusCommand,
  enableCommand,
  disableCommand,
  appsCommand,
  syncCommand,
  installCommand(process.argv[1], () => commands),
  uninstallCommand,
  doctorCommand,
  completionCommand(() => commands),
  terminalCommand,
];

async function main(args: readonly string[], context: Context): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    context.terminal.print(overview(commands));
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    context.terminal.print(`ringfence ${context.version}`);
    return 0;
  }
  const command = commands.find((one) => one.name === name);
  if (command === undefined) {
    const known = commands.map((one) => one.name).join(', ');
    throw new RingfenceError('InvalidArgument', `cannot ${name}: no such command (there are ${known})`);
  }
  const words = parseWords(command, rest);
  if (words.flag('help')) {
    context.terminal.print(commandHelp(command));
    return 0;
  }
  return command.run(words, context);
}

// The reader has seen enough ("ringfence apps | head"): what a program that SIGPIPE ends would do.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 70);
});

const terminal = openTerminal(process.stdout, process.stderr, process.env);
main(process.argv.slice(2), {
  environment: process.env,
  workingDirectory: process.cwd(),
  terminal,
  version: RINGFENCE_VERSION,
}).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = isRingfenceError(error) ? error : undefined;
    terminal.warn(
      `ringfence: ${known?.message ?? `internal error: ${error instanceof Error ? error.stack : String(error)}`}`,
    );
    process.exitCode = known?.exitCode ?? 70;
  },
);
