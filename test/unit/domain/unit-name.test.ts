import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScopeUnitName, scopeUnitName } from '../../../src/domain/unit-name.ts';

/** Names as files may have, but for the slash that separates folders; whole characters only. */
const names = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    fc.stringMatching(/^[a-z.]{1,8}([-\\@ _:.][A-Za-z0-9]{1,8}){0,3}$/),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 }),
  )
  .filter((name) => !/[/\0]/.test(name) && !name.endsWith('.desktop'));
const numbers = fc.bigInt(0n, 2n ** 64n - 1n);

describe('scope unit names', () => {
  it('are what the design says', () => {
    expect(scopeUnitName('org.gnome.gedit.desktop', 7)).toBe('app-ringfence-org.gnome.gedit-7.scope');
    expect(scopeUnitName('google-chrome', 12n)).toBe('app-ringfence-google\\x2dchrome-12.scope');
    expect(scopeUnitName('.hidden', 1)).toBe('app-ringfence-\\x2ehidden-1.scope');
    expect(scopeUnitName('größe', 1)).toBe('app-ringfence-gr\\xc3\\xb6\\xc3\\x9fe-1.scope');
    expect(scopeUnitName('a/b', 1)).toBe('app-ringfence-a\\x2fb-1.scope');
    expect(scopeUnitName('', 1)).toBe('app-ringfence-unnamed-1.scope');
    expect(scopeUnitName('.desktop', 1)).toBe('app-ringfence-unnamed-1.scope');
  });

  it('escape as systemd-escape does', () => {
    // One call for all: the program takes any number of arguments and answers a line for each.
    const sample = fc.sample(names, { numRuns: 2000, seed: 1 }).filter((name) => Buffer.byteLength(name) < 50);
    const theirs = execFileSync('systemd-escape', ['--', ...sample], { encoding: 'utf8' })
      .trim()
      .split(' ');
    const ours = sample.map((name) => scopeUnitName(name, 1).slice('app-ringfence-'.length, -'-1.scope'.length));
    expect(ours.length).toBeGreaterThan(500);
    expect(ours).toEqual(theirs);
  });

  it('have at most 255 bytes and come back, whole or as a beginning', () => {
    fc.assert(
      fc.property(names, numbers, fc.integer({ min: 1, max: 12 }), (name, number, times) => {
        const long = name.repeat(times);
        const unit = scopeUnitName(long, number);
        expect(unit).toMatch(/^[\x21-\x7e]{1,255}$/);
        const parsed = parseScopeUnitName(unit);
        expect(parsed?.number).toBe(number);
        const stem = long.replace(/\.desktop$/, '');
        expect(stem.startsWith(parsed?.name ?? '?')).toBe(true);
        if (Buffer.byteLength(stem) <= 50) expect(parsed?.name).toBe(stem);
      }),
    );
  });

  it('use the room they have', () => {
    expect(scopeUnitName('a'.repeat(300), 1)).toHaveLength(255);
    // No piece of an escape and no half of a character is left at the end.
    for (let shift = 0; shift < 12; shift++) {
      const unit = scopeUnitName(`${'a'.repeat(shift)}${'€'.repeat(40)}`, 1);
      expect(unit).toMatch(/^app-ringfence-a*(\\xe2\\x82\\xac)+-1\.scope$/);
      expect(unit.length).toBeGreaterThan(255 - 12);
    }
  });

  it('are told from the names of others', () => {
    for (const unit of [
      'app-gnome-firefox-1.scope',
      'my-app-ringfence-firefox-1.scope',
      'app-ringfence-firefox.scope',
      'app-ringfence-firefox-1a.scope',
      'app-ringfence-firefox-1.service',
      'app-ringfence--1.scope',
      'app-ringfence-google-chrome-1.scope',
      'app-ringfence-a\\xff-1.scope',
      'app-ringfence-a\\x2-1.scope',
      `app-ringfence-${'a'.repeat(300)}-1.scope`,
      'app-ringfence-a-1.scope\n',
      '',
    ]) {
      expect(parseScopeUnitName(unit)).toBeUndefined();
    }
  });

  it('are read rightly by the portal, by GNOME and by Resources', () => {
    fc.assert(
      fc.property(names, numbers, (name, number) => {
        const unit = scopeUnitName(name, number);
        const whole = parseScopeUnitName(unit)?.name;
        expect(portalAppId(unit)).toBe(whole);
        expect(gnomeAppId(unit)).toBe(whole);
        expect(resourcesAppId(`/user.slice/user-1000.slice/user@1000.service/app.slice/${unit}`)).toBe(whole);
      }),
    );
    // The same readers stumble over what others have tried.
    expect(portalAppId('app-gnome-firefox-strict-1234.scope')).toBe('firefox-strict');
    expect(gnomeAppId('app-gnome-google-chrome-1234.scope')).toBe('chrome');
    expect(resourcesAppId('/app.slice/app-gnome-firefox-1a2b3c4d.scope')).toBeUndefined();
  });
});

/** xdg-desktop-portal, xdp-app-info-host.c (_xdp_app_info_host_parse_app_id_from_unit_name). */
function portalAppId(unit: string): string | undefined {
  const groups = /^app-(?:[A-Za-z0-9]+-)?(.+?)(?:@[A-Za-z0-9]*\.service|-[A-Za-z0-9]*\.(?:scope|slice))$/.exec(unit);
  return groups === null ? undefined : unescapeUnit(groups[1] ?? '');
}

/** gnome-settings-daemon, gsd-systemd-notify.c: what stands between the last two dashes. */
function gnomeAppId(unit: string): string | undefined {
  if (!unit.startsWith('app-')) return undefined;
  const stem = unit.slice(0, unit.lastIndexOf('.'));
  const parts = stem.split('-');
  return parts.length < 3 ? undefined : unescapeUnit(parts.at(-2) ?? '');
}

/** Resources, process data: a unit directly in app.slice, with a decimal at the end and no other dash. */
function resourcesAppId(cgroup: string): string | undefined {
  const groups = /\/app\.slice\/app-(?:[^/-]+-)?([^/-]+)-\d+\.scope$/.exec(cgroup);
  return groups === null ? undefined : unescapeUnit(groups[1] ?? '');
}

function unescapeUnit(text: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith('\\x', at)) {
      bytes.push(Number.parseInt(text.slice(at + 2, at + 4), 16));
      at += 3;
    } else bytes.push(text.charCodeAt(at));
  }
  return Buffer.from(bytes).toString('utf8');
}
