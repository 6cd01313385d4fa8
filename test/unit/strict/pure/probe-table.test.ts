import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hopeless, needed, probeArgv, probes } from '../../../fixtures/probes/table.ts';

const folder = new URL('../../../fixtures/probes', import.meta.url).pathname;
const page = readFileSync(new URL('../../../../docs/security.md', import.meta.url), 'utf8');
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

  it('is what docs/security.md tells', () => {
    for (const { name } of all) expect(page).toContain(`\`${name}\``);
  });
});
