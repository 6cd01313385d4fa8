import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { interleave, launchArgs, row } from './rig.mjs';

const quiet = { stdio: 'ignore' };

/**
 * Several builds in one run: those below out/builds/NAME/, each with all that `dist` has, take turns as the daemon, so that all of
 * them meet the same weather. What a piece buys is the build with it against the one without.
 */
export async function measureBuilds(rig) {
  const names = readdirSync('out/builds').sort();
  const click = () => spawn('dbus-send', launchArgs('bench'), quiet);
  const sections = {
    hot: (start) => interleave(rig.rounds / turns, start, rig.timeClick),
    rested: (start) => interleave(Math.ceil(rig.rounds / turns / 2), start, rig.timeClick, 100),
  };
  const systemdRun = () => spawn('systemd-run', ['--user', '--scope', '--quiet', rig.app], quiet);
  const all = {};
  for (let turn = 0; turn < turns; turn += 1) {
    for (const name of turn % 2 === 0 ? names : [...names].reverse()) {
      const { child } = await rig.startDaemon(`out/builds/${name}/ringfenced`);
      for (const [section, measure] of Object.entries(sections)) {
        const times = await measure({ click, systemdRun });
        all[name] ??= {};
        all[name][section] ??= { ratios: [], medians: [] };
        const own = all[name][section];
        own.ratios.push(times.click.median / times.systemdRun.median);
        own.medians.push(times.click.median);
      }
      await rig.stopDaemon(child);
    }
  }
  const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
  const rows = Object.entries(all).flatMap(([name, measured]) =>
    Object.entries(measured).map(([section, { ratios, medians }]) =>
      row(`${section}: ${name}`, { median: middle(medians) }, middle(ratios)),
    ),
  );
  return { results: all, rows };
}

/** How often each build is started anew. */
const turns = 6;
