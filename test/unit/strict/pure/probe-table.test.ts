import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hopeless, needed, type Probe, probeArgv, probes } from '../../../fixtures/probes/table.ts';

const folder = new URL('../../../fixtures/probes', import.meta.url).pathname;
const all = [...probes, ...hopeless, ...needed];

describe('the table of probes', () => {
  it('has at least forty attempts to escape', () => {
    expect(probes.length).toBeGreaterThanOrEqual(40);
  });

  it('names each once, with a program that is there', () => {
    for (const list of [[...probes, ...hopeless], needed]) {
      expect(new Set(list.map(({ name }) => name)).size).toBe(list.length);
    }
    for (const probe of all)
      expect([probe.name, existsSync(probeArgv(folder, probe)[1] ?? '')]).toEqual([probe.name, true]);
  });

  it('is docs/probes.md, which is made of it (vitest -u)', async () => {
    const rows = (list: readonly Probe[]) =>
      list.map(
        ({ name, tries, needs = [] }) => `| \`${name}\` | ${tries.replaceAll('|', '\\|')} | ${needs.join(', ')} |`,
      );
    const page = [
      '# The probes of strict',
      '',
      'Made from `test/fixtures/probes/table.ts`. Each runs relaxed, where it must succeed, and strict, where it must be stopped;',
      'one that runs out of time or lacks a program has failed, not been stopped. `needs`: what a place must have for it (see there).',
      '',
      `## Stopped (${probes.length})`,
      '',
      '| probe | tries to | needs |',
      '|---|---|---|',
      ...rows(probes),
      '',
      '## Attempts that fail relaxed as well, or only in some places',
      '',
      '| probe | tries to | needs |',
      '|---|---|---|',
      ...rows(hopeless),
      '',
      '## What an app must still be able to do',
      '',
      '| probe | does | needs |',
      '|---|---|---|',
      ...rows(needed),
      '',
    ];
    await expect(page.join('\n')).toMatchFileSnapshot('../../../../docs/probes.md');
  });
});
