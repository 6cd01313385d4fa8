import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { row, summary } from './rig.mjs';

/** Shadows of many entries: made, brought up to date when all have changed, looked at when nothing has, taken away. */
export async function measureShadows(rig) {
  const folder = join(rig.work, 'share/applications');
  mkdirSync(folder, { recursive: true });
  const dataDirs = `XDG_DATA_DIRS=${join(rig.work, 'share')}`;
  await rig.exec('systemctl', ['--user', 'set-environment', dataDirs]);
  const some = await measure(rig, folder, rig.entries);
  const many = await measure(rig, folder, rig.entries * 10);
  await rig.exec('systemctl', ['--user', 'unset-environment', 'XDG_DATA_DIRS']);
  const name = (count) => count.toLocaleString('en');
  const growth = many.changed.median / some.changed.median;
  return {
    results: { [rig.entries]: some, [rig.entries * 10]: many, growth, goal: { changedMs: 400, unchangedMs: 60 } },
    rows: [
      row(`enable ${name(rig.entries)} entries`, { median: some.enabled }),
      row(`sync, ${name(rig.entries)} entries changed`, some.changed, 1, '≤ 400 ms for 1,000'),
      row(`sync, ${name(rig.entries)} entries, nothing changed`, some.unchanged, undefined, '≤ 60 ms for 1,000'),
      row(`sync, ${name(rig.entries * 10)} entries changed`, many.changed, growth, 'linear: 10'),
    ],
  };
}

async function measure(rig, folder, count) {
  const write = (version) => {
    for (let index = 0; index < count; index += 1)
      writeFileSync(join(folder, `bench-${index}.desktop`), entry(index, version));
  };
  let version = 1;
  write(version);
  let { child: daemon } = await rig.startDaemon();
  await rig.ping();
  const succeed = async (member, signature, body) => {
    const { body: answer } = await rig.call(member, signature, body);
    const failed = answer[0].find(({ state }) => state === 'failed');
    if (failed !== undefined) throw new Error(`${member}: ${JSON.stringify(failed)}`);
  };
  const enabled = await rig.time(() => succeed('EnableApp', 'asa{ss}', [[], { all: 'yes' }]));
  const sync = () => succeed('SyncApps', 'a{ss}', [{}]);
  const changed = [];
  for (let round = 0; round < 5; round += 1) {
    await rig.stopDaemon(daemon);
    // While no daemon looks: a distribution upgrade.
    version += 1;
    write(version);
    ({ child: daemon } = await rig.startDaemon());
    // At once: a sync of the daemon's own, a moment later, would be waited for.
    changed.push(await rig.time(sync));
  }
  const unchanged = [];
  for (let round = 0; round < 10; round += 1) unchanged.push(await rig.time(sync));
  await succeed('DisableApp', 'asa{ss}', [[], { all: 'yes' }]);
  await rig.stopDaemon(daemon);
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  return { enabled, changed: summary(changed), unchanged: summary(unchanged) };
}

/** As large as real ones are: many languages, two actions, some 4 kB. */
function entry(index, version) {
  const languages =
    'ar bg ca cs da de el en_GB es et eu fa fi fr gl he hr hu id it ja ko lt lv nb nl pl pt_BR ro ru sk sl sr sv tr uk vi zh_CN zh_TW'.split(
      ' ',
    );
  const localized = (key, text) => languages.map((language) => `${key}[${language}]=${text} (${language})\n`).join('');
  return `[Desktop Entry]
Type=Application
Name=Bench ${index}
${localized('Name', `Bench ${index}`)}Comment=Version ${version}
${localized('Comment', `An application to measure with, version ${version}`)}Exec=/bin/true --index=${index} %U
Icon=org.example.Bench${index}
Terminal=false
Categories=GNOME;GTK;Utility;
MimeType=text/plain;text/x-bench-${index};
StartupNotify=true
Actions=new-window;new-document;

[Desktop Action new-window]
Name=New Window
${localized('Name', 'New Window')}Exec=/bin/true --new-window

[Desktop Action new-document]
Name=New Document
Exec=/bin/true --new-document
`;
}
