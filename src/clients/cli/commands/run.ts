import { RingfenceError } from '../../../domain/errors.ts';
import { connectClient } from '../client.ts';
import type { Command, Context, Words } from '../command.ts';
import { containmentOptions, requestOptions } from '../containment-options.ts';
import { printStarted, warnOfConfig, warnOfLost } from '../instance-text.ts';
import { appIdOf } from '../name-app.ts';
import { limitBehind } from '../pure/limit-words.ts';
import { runHere, type TerminalUse } from '../run-here.ts';

/** `ringfence run [--] COMMAND [ARGUMENT...]` */
export const runCommand: Command = {
  name: 'run',
  operands: '[--] COMMAND [ARGUMENT...]',
  summary: 'start any command in a fence of its own',
  details:
    'The command gets the environment and the working directory of this shell; its output goes to the journal. With --wait ' +
    "it gets this shell's input, output and terminal instead, signals are passed on, and its exit status is the result: 137 " +
    'if it was killed at the memory limit, 126 if it cannot be executed, 127 if it is not found. With --wait, --json prints ' +
    'its line on standard error when the command has ended.',
  options: {
    'app-id': { type: 'string', value: 'APP', help: 'treat the command as part of this app: its settings apply' },
    wait: { type: 'boolean', help: 'run it in the foreground and return its exit status' },
    tty: { type: 'boolean', help: 'like --wait, but fail without a terminal' },
    'no-tty': { type: 'boolean', help: 'keep it off the terminal: no Ctrl-C, no keyboard input' },
    ...containmentOptions,
  },
  examples: [
    'ringfence run --memory-max 1G --cpu-quota 50% -- make -j8',
    'ringfence run --wait --memory-max 512M -- ./convert <in >out',
  ],
  stopsAtOperand: true,
  async run(words, context) {
    if (words.positionals.length === 0) throw new RingfenceError('InvalidArgument', 'cannot run: no command given');
    if (words.flag('tty') && words.flag('no-tty')) {
      throw new RingfenceError('InvalidArgument', 'cannot run: --tty and --no-tty exclude each other');
    }
    const options = requestOptions(words);
    const appId = words.text('app-id');
    if (appId !== undefined) options.set('app-id', await appIdOf(appId, context));
    if (words.flag('wait') || words.flag('tty')) {
      const terminal = words.flag('tty') ? 'required' : words.flag('no-tty') ? 'none' : 'as-is';
      return runInForeground(words, options, terminal, context);
    }
    return runInBackground(words, options, context);
  },
};

async function runInForeground(
  words: Words,
  options: Map<string, string>,
  terminalUse: TerminalUse,
  { environment, terminal }: Context,
): Promise<number> {
  // Without a daemon the start itself fails, and says why.
  const client = await connectClient(environment).catch(() => undefined);
  try {
    // Not in the middle of what the command prints.
    if (client !== undefined) await warnOfConfig(client, terminal).catch(() => {});
    const onContained = async (path: string) => {
      if (client !== undefined) await warnOfLost(client, path, options, terminal).catch(() => {});
    };
    const json = words.flag('json');
    return await runHere(words.positionals, options, { terminalUse, json }, { terminal, onContained });
  } finally {
    await client?.close();
  }
}

async function runInBackground(
  words: Words,
  options: Map<string, string>,
  { environment, workingDirectory, terminal }: Context,
): Promise<number> {
  options.set('working-directory', workingDirectory);
  const variables = new Map(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const client = await connectClient(environment);
  try {
    const path = await client.run(words.positionals, variables, options);
    await printStarted(client, path, words.flag('json'), terminal);
    const behind = limitBehind(words.positionals);
    if (behind !== undefined)
      terminal.warn(`ringfence: ${behind} went to the command and limits nothing: limits stand before the command`);
    return 0;
  } finally {
    await client.close();
  }
}
