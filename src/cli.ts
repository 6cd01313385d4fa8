import { type Command, type Context, parseWords } from './cli/command.ts';
import { appsCommand } from './cli/commands/apps.ts';
import { completionCommand } from './cli/commands/completion.ts';
import { containCommand } from './cli/commands/contain.ts';
import { disableCommand } from './cli/commands/disable.ts';
import { doctorCommand } from './cli/commands/doctor.ts';
import { enableCommand } from './cli/commands/enable.ts';
import { installCommand } from './cli/commands/install.ts';
import { killCommand, listCommand, showCommand, stopCommand } from './cli/commands/instances.ts';
import { launchCommand } from './cli/commands/launch.ts';
import { runCommand } from './cli/commands/run.ts';
import { statusCommand } from './cli/commands/status.ts';
import { syncCommand } from './cli/commands/sync.ts';
import { terminalCommand } from './cli/commands/terminal.ts';
import { uninstallCommand } from './cli/commands/uninstall.ts';
import { commandHelp, overview } from './cli/help.ts';
import { openTerminal } from './cli/terminal.ts';
import { isRingfenceError, RingfenceError } from './core/errors.ts';

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
