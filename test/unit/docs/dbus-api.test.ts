import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));

describe('docs/dbus-api.md', () => {
  it('is what the XML says', () => {
    const { status, stderr } = spawnSync(process.execPath, [path('docs/dbus-api.mjs'), '--check'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('has every member of the XML', () => {
    const page = readFileSync(path('docs/dbus-api.md'), 'utf8');
    const xml = readFileSync(path('dbus/org.ringfence.Ringfence1.xml'), 'utf8');
    const members = [...xml.matchAll(/<(?:method|signal|property) name="(\w+)"/g)].map(([, name]) => name);
    expect(members.length).toBeGreaterThan(10);
    for (const member of members) expect(page).toMatch(new RegExp(`^### .*\`${member}\\b`, 'm'));
  });
});
