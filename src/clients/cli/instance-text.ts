import type { Client, InstanceView } from './client.ts';
import { columns, type Terminal } from './terminal.ts';

/** Says what was started and what could not be enforced. */
export async function printStarted(client: Client, path: string, json: boolean, terminal: Terminal): Promise<void> {
  const instance = (await client.instances()).find((one) => one.path === path);
  // It may have ended already: then its object is all there is to tell.
  if (json) terminal.print(JSON.stringify(instance === undefined ? { instance: path } : instanceJson(instance)));
  else terminal.print(instance?.unit ?? path);
  if (instance === undefined || json) return;
  for (const row of instance.report.filter((one) => one.get('state') === 'not-enforced')) {
    terminal.warn(`ringfence: ${row.get('name')} is not enforced: ${row.get('reason')}; ${row.get('fix')}`);
  }
}

/** The table of `ringfence list`. */
export function instanceTable(instances: readonly InstanceView[], terminal: Terminal): string {
  const head = ['APP', 'PROFILE', 'PROCESSES', 'MEMORY-MAX', 'STARTED', 'UNIT'].map((title) =>
    terminal.paint('bold', title),
  );
  const rows = instances.map((one) => [
    one.appId === '' ? one.name : one.appId.replace(/\.desktop$/, ''),
    one.profile,
    String(one.pids.length),
    readableLimit(one.limits.get('memory-max')),
    new Date(Number(one.startedAt / 1000n)).toLocaleTimeString('sv-SE'),
    one.unit,
  ]);
  return columns([head, ...rows]);
}

/** Everything `ringfence show` tells of one instance. */
export function instanceDetails(instance: InstanceView, terminal: Terminal): string {
  const facts = columns([
    ['Name', instance.name],
    ['App', instance.appId || '(a command)'],
    ['Unit', instance.unit],
    ['Object', instance.path],
    ['Profile', instance.profile],
    ['Processes', instance.pids.join(' ')],
  ]);
  const report = instance.report.map((row) => [
    row.get('name') ?? '',
    row.get('asked') ?? '',
    row.get('state') === 'enforced' ? terminal.paint('green', 'enforced') : terminal.paint('yellow', 'not enforced'),
    row.get('state') === 'enforced' ? (row.get('value') ?? '') : (row.get('reason') ?? ''),
    terminal.paint('dim', row.get('origin') ?? ''),
  ]);
  const fixes = new Set(instance.report.flatMap((row) => row.get('fix') || []));
  const help = fixes.size === 0 ? '' : `\n\nWhat helps:\n${[...fixes].map((fix) => `  ${fix}`).join('\n')}`;
  return `${facts}\n\n${columns(report)}${help}`;
}

/** The instance as JSON-ready data; times are ISO 8601. */
export function instanceJson(instance: InstanceView): Record<string, unknown> {
  return {
    instance: instance.path,
    app: instance.appId,
    name: instance.name,
    unit: instance.unit,
    profile: instance.profile,
    pids: instance.pids,
    startedAt: new Date(Number(instance.startedAt / 1000n)).toISOString(),
    limits: Object.fromEntries(instance.limits),
    report: instance.report.map((row) => Object.fromEntries(row)),
  };
}

function readableLimit(text: string | undefined): string {
  if (text === undefined || text === 'infinity') return '-';
  const bytes = Number(text);
  if (!Number.isFinite(bytes)) return text;
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)}G` : `${Math.round(bytes / 2 ** 20)}M`;
}
