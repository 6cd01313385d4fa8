import { instanceUnit } from '../../domain/object-path.ts';
import type { Client, InstanceView } from './client.ts';
import { nameOf } from './find-instances.ts';
import { printable } from './pure/cell-text.ts';
import { bytesText, limitForPeople, spanText } from './pure/readable.ts';
import { columns, type Terminal } from './terminal.ts';

/**
 * Says what was started (with `json`: a list for a list), what could not be enforced, and that the configuration is not in
 * force where it is so.
 */
export async function printStarted(
  client: Client,
  started: string | readonly string[],
  json: boolean,
  terminal: Terminal,
): Promise<void> {
  const instances = new Map((await client.instances()).map((one) => [one.path, one]));
  const paths = typeof started === 'string' ? [started] : started;
  // One may have ended already: then its names are all there is to tell.
  const documents = paths.map((path) => {
    const instance = instances.get(path);
    return instance === undefined ? { instance: path, unit: instanceUnit(path) } : instanceJson(instance);
  });
  if (json) terminal.printJson(typeof started === 'string' ? documents[0] : documents);
  else for (const path of paths) terminal.print(instanceUnit(path));
  const found = paths.flatMap((path) => instances.get(path) ?? []);
  if (!json) await warnOfShortcomings(client, found, terminal);
  await warnOfConfig(client, terminal);
}

/** Says so when the configuration that the user has written is not the one that was used. */
export async function warnOfConfig(client: Client, terminal: Terminal): Promise<void> {
  const error = await client.configError();
  if (error !== '') terminal.warn(`ringfence: your configuration is not in force: ${error}`);
}

/** Says which of the limits that were asked for here are not enforced: those of the configuration would be a line every time. */
export async function warnOfLost(
  client: Client,
  path: string,
  asked: ReadonlyMap<string, string>,
  terminal: Terminal,
): Promise<void> {
  const found = (await client.instances()).filter((one) => one.path === path);
  const own = found.map((one) => ({ ...one, report: one.report.filter((row) => asked.has(row.get('name') ?? '')) }));
  await warnOfShortcomings(client, own, terminal);
}

/** Says so when what is shown is not all. */
export function warnOfGaps(instances: readonly InstanceView[], terminal: Terminal): void {
  const names = instances.filter(({ incomplete }) => incomplete).map(nameOf);
  if (names.length === 0) return;
  const why = 'the daemon has run out of file descriptors or memory; see "journalctl --user -u ringfence.service"';
  terminal.warn(`ringfence: cannot read all of ${names.join(', ')}: ${why}`);
}

/** One line for all that this machine cannot do, of which doctor has the rest; one for each thing that is this request's own. */
async function warnOfShortcomings(
  client: Client,
  instances: readonly InstanceView[],
  terminal: Terminal,
): Promise<void> {
  const rows = instances.flatMap(({ report }) => report.filter((row) => row.get('state') === 'not-enforced'));
  const lost = [...new Map(rows.map((row) => [row.get('name'), row])).values()];
  if (lost.length === 0) return;
  const capabilities = (await client.properties()).get('Capabilities') as readonly ReadonlyMap<string, string>[];
  const missing = new Set(capabilities.flatMap((one) => (one.get('available') === 'no' ? [one.get('name')] : [])));
  const general = lost.map((row) => row.get('name')).filter((name) => missing.has(name));
  if (general.length > 0) {
    terminal.warn(`ringfence: not enforced here: ${general.join(', ')} (see "ringfence doctor")`);
  }
  for (const row of lost.filter((one) => !missing.has(one.get('name')))) {
    terminal.warn(`ringfence: ${row.get('name')} not enforced: ${row.get('reason')}; ${row.get('fix')}`);
  }
}

/** The table of `ringfence list`, in the order given. */
export function instanceTable(instances: readonly InstanceView[], now: number, terminal: Terminal): string {
  const head = ['NAME', 'PID', 'CPU', 'MEMORY/MAX', 'TASKS', 'PROFILE', 'AGE'].map((title) =>
    terminal.paint('bold', title),
  );
  const rows = instances.map((one) => {
    const use = inUnits(one);
    const max = one.limits.get('memory-max');
    return [
      printable(nameOf(one)),
      String(one.pids[0] ?? '-'),
      use.cpu ?? '-',
      use.memory === undefined && max === undefined
        ? '-'
        : `${use.memory ?? '-'} / ${max === undefined ? '-' : limitForPeople('memory-max', max)}`,
      one.isFrozen ? `${use.tasks === undefined ? '' : `${use.tasks}, `}frozen` : (use.tasks ?? '-'),
      one.profile,
      age(one, now),
    ];
  });
  return columns([head, ...rows]);
}

/** Everything `ringfence show` tells of one instance. */
export function instanceDetails(instance: InstanceView, now: number, terminal: Terminal): string {
  const { limits } = instance;
  const use = inUnits(instance);
  const of = (name: string) => (limits.has(name) ? ` of ${limitForPeople(name, limits.get(name))}` : '');
  const started = new Date(Number(instance.startedAt / 1000n)).toLocaleString('sv-SE');
  const facts = columns([
    ['Name', printable(instance.name)],
    ['App', instance.appId || '(a command)'],
    ['Unit', instance.unit],
    ['Object', instance.path],
    ['Profile', instance.profile],
    ['Started', `${started}, ${age(instance, now)} ago`],
    ['Processes', instance.pids.join(' ')],
    ...(instance.isFrozen ? [['State', 'frozen; "ringfence thaw" resumes it']] : []),
    ...(use.memory === undefined
      ? []
      : [['Memory', `${use.memory}${of('memory-max')}${use.peak === undefined ? '' : ` (at most ${use.peak})`}`]]),
    ...(use.swap === undefined ? [] : [['Swap', `${use.swap}${of('memory-swap-max')}`]]),
    ...(use.cpu === undefined
      ? []
      : [['CPU time', `${use.cpu}${limits.has('cpu-quota') ? `, at most${of('cpu-quota').slice(3)}` : ''}`]]),
    ...(use.tasks === undefined ? [] : [['Tasks', `${use.tasks}${of('tasks-max')}`]]),
  ]);
  const report = instance.report.map((row) => [
    row.get('name') ?? '',
    row.get('asked') ?? '',
    terminal.paint('dim', row.get('origin') ?? ''),
    row.get('state') === 'enforced' ? terminal.paint('green', 'enforced') : terminal.paint('yellow', 'not enforced'),
    // Last, as a reason may be longer than the line.
    row.get('state') === 'enforced' ? heldText(row, limits) : (row.get('reason') ?? ''),
  ]);
  const fixes = new Set(instance.report.flatMap((row) => row.get('fix') || []));
  const help = fixes.size === 0 ? '' : `\n\nHow to fix this:\n${[...fixes].map((fix) => `  ${fix}`).join('\n')}`;
  return `${facts}\n\n${columns(report)}${help}`;
}

/** The instance as JSON-ready data: amounts as the kernel has them, times in ISO 8601. */
export function instanceJson(instance: InstanceView): Record<string, unknown> {
  return {
    instance: instance.path,
    app: instance.appId,
    name: instance.name,
    unit: instance.unit,
    profile: instance.profile,
    frozen: instance.isFrozen,
    // What could not be read is left out: an empty list would say that there is nothing.
    ...(instance.incomplete ? {} : { pids: instance.pids }),
    startedAt: new Date(Number(instance.startedAt / 1000n)).toISOString(),
    ...(instance.incomplete ? {} : { limits: Object.fromEntries(instance.limits) }),
    usage: Object.fromEntries([...instance.usage].map(([key, text]) => [key, Number(text)])),
    report: instance.report.map((row) => Object.fromEntries(row)),
  };
}

/** The report has the kernel's own text, Limits the same as a configuration would say it. A part of the sandbox has neither. */
function heldText(row: ReadonlyMap<string, string>, limits: InstanceView['limits']): string {
  const name = row.get('name') ?? '';
  if (limits.has(name)) return limitForPeople(name, limits.get(name));
  if (row.get('asked') === 'infinity') return limitForPeople(name, 'infinity');
  // Says all in "asked"; the kernel's word for it is a bare 0.
  return name === 'oom-kill' ? '' : (row.get('value') ?? '');
}

interface Use {
  readonly memory?: string | undefined;
  readonly peak?: string | undefined;
  readonly swap?: string | undefined;
  readonly cpu?: string | undefined;
  readonly tasks?: string | undefined;
}

/** What it uses, as people read it; undefined where the kernel does not tell. */
function inUnits({ usage }: InstanceView): Use {
  const bytes = (key: string) => (usage.has(key) ? bytesText(Number(usage.get(key))) : undefined);
  const time = usage.get('cpu-usage-usec');
  return {
    memory: bytes('memory-current'),
    peak: bytes('memory-peak'),
    swap: bytes('memory-swap-current'),
    cpu: time === undefined ? undefined : spanText(Number(time) / 1e6, true),
    tasks: usage.get('tasks-current'),
  };
}

function age({ startedAt }: InstanceView, now: number): string {
  return spanText((now - Number(startedAt / 1000n)) / 1000);
}
