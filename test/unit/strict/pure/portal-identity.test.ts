import { expect, it } from 'vitest';
import { portalId, writingId } from '../../../../src/domain/portal-id.ts';
import { bwrapInfo, flatpakInfo, initPidOf, portalInstance } from '../../../../src/strict/pure/portal-identity.ts';

const names = [
  ...[
    'firefox',
    'firefox-esr',
    'firefox_esr',
    'org.gnome.TextEditor',
    'org_gnome.TextEditor',
    'org_2egnome_2eTextEditor',
  ],
  ...[
    '7zip',
    '_37zip',
    'local.firefox',
    'named.firefox',
    'a-b',
    'a_b',
    'a.b',
    'a+b',
    'A.b',
    `x${'.'.repeat(200)}`,
    '-x',
  ],
  ...[`x${'.'.repeat(199)}`, 'a#1', `${'a'.repeat(201)}`],
];

// xdp_is_valid_app_id of 1.16, and flatpak_is_valid_name, which is narrower.
const isValid = (id: string) =>
  id.length <= 255 && /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+\.[A-Za-z_-][A-Za-z0-9_-]*$/.test(id);

it.each(names)('gives the home %s an id that portals take, below our own', (name) => {
  expect(portalId(name)).toMatch(/^org\.ringfence\.app\.[^.]+$/);
  expect(portalId(name)).toSatisfy(isValid);
  expect(writingId(name)).toSatisfy(isValid);
});

it('gives no two homes the same', () => {
  expect(new Set([...names.map(portalId), ...names.map(writingId)]).size).toBe(2 * new Set(names).size);
});

it('is what flatpak writes', () => {
  const text = flatpakInfo(portalId('firefox'), portalInstance('1a'), true);
  expect(text.split('\n')).toEqual(
    expect.arrayContaining(['[Application]', 'name=org.ringfence.app.firefox', 'instance-id=ringfence-1a']),
  );
  expect(text).toContain('[Context]\nshared=network;\n');
  expect(flatpakInfo('a.b', 'c', false)).not.toContain('network');
  // flatpak's clearing up takes what is a number for its own.
  expect(portalInstance('12')).not.toMatch(/^\d+$/);
  expect(JSON.parse(bwrapInfo(7))).toEqual({ 'child-pid': 7 });
  expect(initPidOf(bwrapInfo(47))).toBe(47);
  // Cut short.
  expect(initPidOf(bwrapInfo(47).slice(0, -5))).toBeUndefined();
});
