import { constants } from 'node:os';
import { RingfenceError } from '../../../domain/errors.ts';
import type { Command } from '../command.ts';
import { byAge, findInstances, lookForInstances } from '../find-instances.ts';
import { instanceDetails, instanceJson, instanceTable, warnOfGaps } from '../instance-text.ts';
import { withLastEnd } from '../last-end.ts';
import { forEachNamed, instanceWords, throwMissing, unlessEnded, withClient } from '../on-instances.ts';
import { budgetLine } from '../pure/desktop-text.ts';

/** `ringfence list` */
export const listCommand: Command = {
  name: 'list',
  operands: '[APP|UNIT|PID]',
  summary: 'list what is running in a fence, oldest first',
  details:
    'PID is the first process; CPU the time that all processes have used so far; MEMORY what is charged to the instance now,\n' +
    'and the most it may have; TASKS its processes and threads, and whether they are frozen.\n' +
    'Below it is the memory that all apps together have, of what they may have (section [desktop] of ringfence.toml(5)).',
  options: {},
  async run(words, context) {
    const [word] = words.positionals;
    const { instances, desktop } = await withClient(context, async (client) => ({
      instances: word === undefined ? byAge(await client.instances()) : await findInstances(client, word),
      desktop: word === undefined && !words.flag('json') ? await client.desktop().catch(() => []) : [],
    }));
    if (words.flag('json')) context.terminal.printJson(instances.map(instanceJson));
    else if (instances.length === 0) context.terminal.warn('nothing is running in a fence');
    else {
      context.terminal.print(instanceTable(instances, Date.now(), context.terminal));
      const total = budgetLine(desktop);
      if (total !== undefined) context.terminal.print(`\n${total}`);
    }
    warnOfGaps(instances, context.terminal);
    return 0;
  },
};

/** `ringfence show INSTANCE...` */
export const showCommand: Command = {
  name: 'show',
  operands: 'APP|UNIT|PID...',
  summary: 'show an instance: what it uses, its limits, and whether the kernel enforces them',
  details: 'Of an app that does not run, the journal says how it ended last.',
  options: {},
  async run(words, context) {
    const { instances, missing } = await withClient(context, async (client) => {
      const found = await lookForInstances(client, instanceWords(words.positionals));
      return {
        ...found,
        missing: await Promise.all(found.missing.map(({ word, error }) => withLastEnd(error, word, client))),
      };
    });
    if (instances.length === 0) throwMissing(missing, context);
    if (words.flag('json')) context.terminal.printJson(instances.map(instanceJson));
    else {
      const texts = instances.map((one) => instanceDetails(one, Date.now(), context.terminal));
      context.terminal.print(texts.join('\n\n'));
    }
    warnOfGaps(instances, context.terminal);
    throwMissing(missing, context);
    return 0;
  },
};

/** `ringfence stop INSTANCE...` */
export const stopCommand: Command = {
  name: 'stop',
  operands: 'APP|UNIT|PID...',
  summary: 'stop an instance: SIGTERM, then SIGKILL to what is left after a timeout',
  options: {
    timeout: { type: 'string', value: 'SECONDS', help: 'time to wait before SIGKILL (default: 10)' },
  },
  async run(words, context) {
    const seconds = Number(words.text('timeout') ?? '10');
    if (!(seconds >= 0 && seconds <= 4_000_000)) {
      throw new RingfenceError(
        'InvalidArgument',
        `cannot stop: the timeout "${words.text('timeout')}" is not a number of seconds`,
      );
    }
    const timeoutMs = Math.round(seconds * 1000);
    await forEachNamed(words, context, (client, { path }) => client.stop(path, timeoutMs).catch(unlessEnded));
    return 0;
  },
};

/** `ringfence kill INSTANCE...` */
export const killCommand: Command = {
  name: 'kill',
  operands: 'APP|UNIT|PID...',
  summary: 'send a signal to every process of an instance',
  details: 'As with kill(1), -9, -KILL and -SIGKILL work too.',
  options: {
    signal: { type: 'string', short: 's', value: 'SIGNAL', help: 'name or number (default: SIGKILL)' },
  },
  examples: ['ringfence kill -TERM firefox', 'ringfence kill --signal STOP org.gnome.gedit'],
  rewrite: (args) => args.map((word) => (/^-(\d+|[A-Z][A-Z0-9+-]*)$/.test(word) ? `--signal=${word.slice(1)}` : word)),
  async run(words, context) {
    const signal = signalNumber(words.text('signal') ?? 'SIGKILL');
    await forEachNamed(words, context, (client, { path }) => client.kill(path, signal));
    return 0;
  },
};

function signalNumber(text: string): number {
  const names: Readonly<Record<string, number>> = constants.signals;
  const upper = text.toUpperCase();
  const number = /^\d+$/.test(text) ? Number(text) : (names[upper] ?? names[`SIG${upper}`]);
  if (number === undefined || number < 1 || number > 64) {
    throw new RingfenceError(
      'InvalidArgument',
      `cannot send "${text}": no such signal (1 to 64, or a name such as TERM)`,
    );
  }
  return number;
}
