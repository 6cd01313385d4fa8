import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { interleave, launchArgs, limitless, row } from './rig.mjs';

const destination = 'org.ringfence.Ringfence1';
const quiet = { stdio: 'ignore' };
/**
 * What strict adds to a relaxed launch, against what such a sandbox costs when bubblewrap is called by hand: with the namespaces and
 * mounts of a running instance, and without what only Ringfence has (the bus filter, the look from outside).
 */
export async function measureStrict(rig) {
  const { child: daemon } = await rig.startDaemon();
  const launch = (app, profile) => () => spawn('dbus-send', launchArgs(app, { profile, ...limitless }), quiet);
  const { body } = await rig.call('Run', 'asa{ss}a{ss}', [
    ['/bin/sleep', '1000'],
    {},
    { profile: 'strict', ...limitless },
  ]);
  const args = await bwrapArgs();
  const starts = {
    'bare exec': () => spawn(rig.app, quiet),
    'bwrap by hand': () => spawn('bwrap', [...args, '--', rig.app], quiet),
    relaxed: launch('bench', 'relaxed'),
    strict: launch('bench-strict', 'strict'),
  };
  const times = await interleave(rig.rounds, starts, rig.timeClick);
  await rig.exec('busctl', ['--user', 'call', destination, body[0], 'org.ringfence.Instance1', 'Stop', 'u', '0']);
  await rig.stopDaemon(daemon);
  const added = times.strict.median - times.relaxed.median;
  const bare = times['bwrap by hand'].median - times['bare exec'].median;
  return {
    results: { ...times, added, bare, ratio: added / bare, goal: 1.5 },
    rows: [
      ...Object.entries(times).map(([name, time]) => row(`click to exec: ${name}`, time)),
      row('bwrap adds to a bare exec', { median: bare }, 1),
      row('strict adds to relaxed', { median: added }, added / bare, '≤ 1.5 × bwrap'),
    ],
  };
}

/** Its own arguments cannot be read: they come by a descriptor. */
async function bwrapArgs() {
  const processes = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const isOurs = (name) => /^\/bin\/sleep\0/.test(read(name, 'cmdline')) && isInside(name);
  let pid;
  // The answer may come before the gate inside has become the program.
  for (let tries = 0; pid === undefined; tries += 1) {
    if (tries === 500) throw new Error('no sandbox is running');
    await setTimeout(10);
    pid = processes().find(isOurs);
  }
  const mounts = read(pid, 'mountinfo')
    .split('\n')
    .filter(Boolean)
    .map((line) => ({ root: line.split(' ')[3], place: line.split(' ')[4], type: line.split(' - ')[1].split(' ')[0] }))
    .filter(({ place }) => place !== '/' && !place.startsWith('/dev'));
  const args = mounts.flatMap(({ root, place, type }) => {
    if (type === 'tmpfs' && root === '/') return ['--tmpfs', place];
    if (type === 'proc') return place === '/proc' ? ['--proc', place] : [];
    return existsSync(place) ? ['--ro-bind', place, place] : [];
  });
  if (args.length < 20) throw new Error(`a sandbox of ${mounts.length} mounts is none of ours`);
  const namespaces = ['user', 'pid', 'ipc', 'uts', 'cgroup'].map((name) => `--unshare-${name}`);
  return [...namespaces, '--die-with-parent', ...args, '--dev', '/dev', ...links()];
}

/** Where /bin and its like are links into /usr. */
function links() {
  return ['bin', 'sbin', 'lib', 'lib64'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]);
}

function isInside(pid) {
  return /^NSpid:\s+\d+\s+\d+/m.test(read(pid, 'status'));
}

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
