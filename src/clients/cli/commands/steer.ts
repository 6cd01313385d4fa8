import { editConfig, previewEdit } from '../../../config/edit-config.ts';
import { forgetKept } from '../../../config/keep-limits.ts';
import { literalOf } from '../../../config/pure/config-key.ts';
import type { ConfigEdit } from '../../../config/pure/edit-config-text.ts';
import { isRingfenceError, RingfenceError } from '../../../domain/errors.ts';
import type { InstanceView } from '../client.ts';
import type { Command, Context } from '../command.ts';
import { findAllInstances, nameOf } from '../find-instances.ts';
import { forEachNamed, instanceKey, instanceWords, toEach, withClient } from '../on-instances.ts';
import { readLimitWords } from '../pure/limit-words.ts';
import { limitForPeople } from '../pure/readable.ts';
import { columns } from '../terminal.ts';
import { configEdits } from '../user-config.ts';

/** `ringfence set INSTANCE... LIMIT=VALUE...` */
export const setCommand: Command = {
  name: 'set',
  operands: 'APP|UNIT|PID... LIMIT=VALUE...',
  summary: 'change limits of what is running, until it ends',
  details:
    'An APP stands for all of its instances. Other limits stay as they are; "infinity" lifts one. The new limit is in the kernel ' +
    'when the command returns. If memory-max is below what is in use, the kernel reclaims what it can and kills what does not fit. ' +
    'With --save the limit also applies to the next start of the app, as with "ringfence config set".',
  options: {
    save: { type: 'boolean', help: 'also save it in your configuration, for the next start' },
  },
  examples: ['ringfence set firefox memory-max=6G', 'ringfence set --save org.gnome.gedit cpu-quota=50% tasks-max=500'],
  async run(words, context) {
    const { names, limits } = readLimitWords(words.positionals);
    await withClient(context, async (client) => {
      const instances = await findAllInstances(client, instanceWords(names)).catch((error: unknown) => {
        throw withWayToKeep(error, names, limits);
      });
      const edits = words.flag('save') ? editsToKeep(instances, limits, context) : [];
      await toEach(instances, ({ path }) => client.setLimits(path, limits));
      const file = edits.length > 0 ? await keep(edits, context) : undefined;
      const held = new Map((await client.instances()).map((one) => [one.path, one.limits]));
      if (words.flag('json')) {
        context.terminal.printJson(
          instances.map((one) => ({
            ...instanceKey(one),
            limits: Object.fromEntries(held.get(one.path) ?? []),
            ...(file === undefined ? {} : { saved: file }),
          })),
        );
        return;
      }
      const rows = instances.flatMap((one) => {
        const now = held.get(one.path);
        // It may have ended since.
        if (now === undefined) return [];
        return [...limits.keys()].map((name) => [nameOf(one), one.unit, name, limitForPeople(name, now.get(name))]);
      });
      if (rows.length > 0) context.terminal.print(columns(rows));
      if (file !== undefined) context.terminal.warn(`saved in ${file}`);
    });
    return 0;
  },
};

/** `ringfence freeze INSTANCE...` */
export const freezeCommand: Command = {
  name: 'freeze',
  operands: 'APP|UNIT|PID...',
  summary: 'pause all processes of an instance; they keep their memory',
  details: '"ringfence thaw" resumes it. A frozen instance can be stopped and killed.',
  options: {},
  async run(words, context) {
    await forEachNamed(words, context, (client, { path }) => client.freeze(path));
    return 0;
  },
};

/** `ringfence thaw INSTANCE...` */
export const thawCommand: Command = {
  name: 'thaw',
  operands: 'APP|UNIT|PID...',
  summary: 'resume a frozen instance',
  options: {},
  async run(words, context) {
    await forEachNamed(words, context, (client, { path }) => client.thaw(path));
    return 0;
  },
};

/** What is not running has no limits to change, but a configuration; a word that is nearly another's is rather a mistake. */
function withWayToKeep(error: unknown, [name = '']: readonly string[], limits: ReadonlyMap<string, string>): unknown {
  if (!isRingfenceError(error, 'NoSuchInstance') || error.message.includes('did you mean')) return error;
  const words = [...limits].map(([key, value]) => `${key}=${value}`).join(' ');
  const way = `for the next start: "ringfence config set ${name} ${words}"`;
  return new RingfenceError('NoSuchInstance', `${error.message}; ${way}`, { cause: error });
}

/**
 * The changes of the configuration, tried before a limit is changed.
 * @throws RingfenceError InvalidArgument
 */
function editsToKeep(
  instances: readonly InstanceView[],
  limits: ReadonlyMap<string, string>,
  { environment }: Context,
): readonly ConfigEdit[] {
  const command = instances.find(({ appId }) => appId === '');
  if (command !== undefined) {
    const why = `${command.name} is a command, and the configuration is about apps; leave --save out`;
    throw new RingfenceError('InvalidArgument', `cannot save: ${why}`);
  }
  const apps = [...new Set(instances.map(nameOf))];
  const edits = apps.flatMap((name) =>
    [...limits].map(([key, value]): ConfigEdit => {
      const target = { section: { kind: 'app', name } as const, key };
      return { ...target, value: literalOf(target, [value]) };
    }),
  );
  const ports = configEdits(environment);
  const own = ports.sources().find(({ path }) => path === ports.file);
  if (own !== undefined && 'error' in own) throw own.error;
  previewEdit(own?.text ?? '', edits, ports);
  return edits;
}

/** Returns the file. */
async function keep(edits: readonly ConfigEdit[], { environment }: Context): Promise<string> {
  const ports = configEdits(environment);
  await editConfig(edits, ports);
  forgetKept(edits, ports);
  return ports.file;
}
