import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { interleave, launchArgs, limitless, row } from './rig.mjs';

const destination = 'org.ringfence.Ringfence1';
const quiet = { stdio: 'ignore' };
/**
 * What strict adds to a relaxed launch, against what the same sandbox costs when bubblewrap is called by hand: with the very
 * arguments of a running instance, but for the two that name descriptors of its.
 */
export async function measureStrict(rig) {
  const { child: daemon } = await rig.startDaemon();
  const launch = (app, profile) => () => spawn('dbus-send', launchArgs(app, { profile, ...limitless }), quiet);
  const { body } = await rig.call('Run', 'asa{ss}a{ss}', [
    ['/bin/sleep', '1000'],
    {},
    { profile: 'strict', ...limitless },
  ]);
  const args = bwrapArgs();
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

function bwrapArgs() {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let words;
    try {
      words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    } catch {
      continue;
    }
    // Not the one around the bus filter.
    if (!words[0].endsWith('bwrap') || !words.includes('--seccomp')) continue;
    const args = words.slice(1, words.indexOf('--'));
    for (const name of ['--seccomp', '--sync-fd']) args.splice(args.indexOf(name), 2);
    return args;
  }
  throw new Error('no bubblewrap is running');
}
