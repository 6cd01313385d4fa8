import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
const { version } = JSON.parse(read('package.json')) as { version: string };

it.each([
  ['package-lock.json', /^ {2}"version": "([^"]+)"/m],
  ['debian/changelog', /^ringfence \(([^)]+)-1\)/],
  ['packaging/rpm/ringfence.spec', /%\{!\?ringfence_version:([^}]+)\}/],
  ['desktop-files/window/org.ringfence.Ringfence.metainfo.xml.in', /<release version="([^"]+)"/],
  ['packaging/arch/PKGBUILD', /^pkgver=\$\{RINGFENCE_VERSION:-([^}]+)\}/m],
])('%s has the version of package.json', (file, pattern) => {
  expect(pattern.exec(read(file))?.[1]).toBe(version);
});

it('names in the .deb’s copyright what is bundled of npm', () => {
  const copyright = read('debian/copyright');
  const named = [...copyright.matchAll(/^Files: node_modules\/(.+)\/\*$/gm)].map(([, name]) => name);
  // What is bundled is known to a build only; what is depended on is at least there.
  for (const name of ['dbus-next', 'pino', 'smol-toml', 'valibot']) expect(named).toContain(name);
});
