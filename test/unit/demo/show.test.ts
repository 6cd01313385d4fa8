import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('finds a usual app in any of the data folders', () => {
  const script = readFileSync('demo/show.sh', 'utf8');
  const search = script.slice(script.indexOf('IFS=: read'), script.indexOf('[ -n "$app" ] || fail'));
  const root = mkdtempSync(join(tmpdir(), 'ringfence demo-'));
  mkdirSync(join(root, 'usr/share/applications'), { recursive: true });
  writeFileSync(join(root, 'usr/share/applications/org.gnome.gedit.desktop'), '');
  const find = (env: Record<string, string>) =>
    execFileSync('bash', ['-c', `set -u\n${search}\necho "$app"`], {
      env: { PATH: process.env['PATH'] ?? '', HOME: root, ...env },
      encoding: 'utf8',
    }).trim();
  // As flatpak sets it.
  const dirs = `${root}/.local/share/flatpak/exports/share:/nonexistent:${root}/usr/share`;
  expect(find({ XDG_DATA_DIRS: dirs })).toBe('org.gnome.gedit');
  expect(find({ XDG_DATA_DIRS: `${root}/usr/share` })).toBe('org.gnome.gedit');
  expect(find({ XDG_DATA_HOME: `${root}/usr/share`, XDG_DATA_DIRS: '/nonexistent' })).toBe('org.gnome.gedit');
  expect(find({ XDG_DATA_DIRS: '/nonexistent' })).toBe('');
  rmSync(root, { recursive: true });
});
