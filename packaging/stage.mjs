#!/usr/bin/env node
// Lays out below DESTDIR what a package holds: the one list that the .deb, the .rpm, the Arch package and the tarball are made from.
// usage: stage.mjs DESTDIR [--prefix /usr] [--node /usr/bin/node] [--gjs /usr/bin/gjs] [--zsh site-functions]
// Wants what "build.mjs --for-package" has made.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    prefix: { type: 'string', default: '/usr' },
    node: { type: 'string', default: '/usr/bin/node' },
    gjs: { type: 'string', default: '/usr/bin/gjs' },
    zsh: { type: 'string', default: 'site-functions' },
  },
});
const [destination] = positionals;
if (destination === undefined) {
  console.error(
    'usage: stage.mjs DESTDIR [--prefix /usr] [--node /usr/bin/node] [--gjs /usr/bin/gjs] [--zsh site-functions]',
  );
  process.exit(2);
}
const { prefix, node, gjs } = values;
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const read = (name) => readFileSync(join(root, name), 'utf8');
const lib = `${prefix}/lib/ringfence`;
/** Programs for users and, with ringfence-open, for desktop entries; the daemon is for its unit. */
const commands = ['ringfence', 'ringfence-open', 'ringfence-shell', 'safeapp', 'safeshell', 'ssc'];
const programs = [...commands, 'ringfenced', 'ringfence-window'];

function write(path, text, mode = 0o644) {
  const file = join(destination, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
}

function link(path, target) {
  mkdirSync(dirname(join(destination, path)), { recursive: true });
  symlinkSync(target, join(destination, path));
}

const flags = /^#!\S+ -S node ?(.*)$/m.exec(read('dist/ringfenced'))?.[1] ?? '';
const ownNode = (text) =>
  text.replace(/^#!\/usr\/bin\/env -S node.*$/m, `#!${node}`).replace(/^#!\/usr\/bin\/env -S gjs/, `#!${gjs}`);
const places = { node, flags, ringfenced: `${lib}/ringfenced`, window: `${lib}/ringfence-window` };
const filled = (text) => text.replace(/@(node|flags|ringfenced|window)@/g, (_, name) => places[name]);

const built = readdirSync(join(root, 'dist'), { withFileTypes: true }).filter((entry) => entry.isFile());
for (const { name } of built) {
  if (name === 'package.json' || name.endsWith('.cache')) continue;
  write(`${lib}/${name}`, ownNode(read(`dist/${name}`)), programs.includes(name) ? 0o755 : 0o644);
}
// Says which Ringfence it is, and that these are no ES modules.
write(`${lib}/package.json`, `${JSON.stringify({ name: 'ringfence', version, type: 'commonjs' }, undefined, 2)}\n`);
// For strict where AppArmor keeps user namespaces from bubblewrap; whoever installs as root may load the profile.
write(`${lib}/ringfence-bwrap`, read('packaging/apparmor/ringfence-bwrap'), 0o755);
write(`${lib}/apparmor-profile`, read('packaging/apparmor/profile'));
for (const name of commands) link(`${prefix}/bin/${name}`, `../lib/ringfence/${name}`);

write(`${prefix}/lib/systemd/user/ringfence.service`, filled(read('dbus/ringfence.service.in')));
const service = 'org.ringfence.Ringfence1.service';
write(`${prefix}/share/dbus-1/services/${service}`, filled(read(`dbus/${service}.in`)));
write(`${prefix}/share/dbus-1/interfaces/org.ringfence.Ringfence1.xml`, read('dbus/org.ringfence.Ringfence1.xml'));

const window = 'org.ringfence.Ringfence';
const ofWindow = (name) => read(`dist/window/${name}`);
write(`${prefix}/share/applications/${window}.desktop`, filled(ofWindow(`${window}.desktop.in`)));
write(`${prefix}/share/dbus-1/services/${window}.service`, filled(ofWindow(`${window}.service.in`)));
write(`${prefix}/share/metainfo/${window}.metainfo.xml`, ofWindow(`${window}.metainfo.xml`));
write(`${prefix}/share/icons/hicolor/scalable/apps/${window}.svg`, ofWindow(`${window}.svg`));
write(`${prefix}/share/icons/hicolor/symbolic/apps/${window}-symbolic.svg`, ofWindow(`${window}-symbolic.svg`));
for (const language of readdirSync(join(root, 'dist/window/locale'))) {
  const name = `${language}/LC_MESSAGES/ringfence.mo`;
  write(`${prefix}/share/locale/${name}`, readFileSync(join(root, 'dist/window/locale', name)));
}

for (const name of readdirSync(join(root, 'dist/man')))
  write(`${prefix}/share/man/man${name.slice(-1)}/${name}`, read(`dist/man/${name}`));
for (const name of ['safeapp', 'safeshell']) write(`${prefix}/share/man/man1/${name}.1`, '.so man1/ssc.1\n');
const completion = (shell) => execFileSync(join(root, 'dist/ringfence'), ['completion', shell], { encoding: 'utf8' });
write(`${prefix}/share/bash-completion/completions/ringfence`, completion('bash'));
write(`${prefix}/share/zsh/${values.zsh}/_ringfence`, completion('zsh'));
write(`${prefix}/share/fish/vendor_completions.d/ringfence.fish`, completion('fish'));

const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
for (const name of ['README.md', 'SECURITY.md', ...pages.map((page) => `docs/${page}`)])
  write(`${prefix}/share/doc/ringfence/${basename(name)}`, read(name));
