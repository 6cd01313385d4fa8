import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { interleave, launchArgs, limitless, row, since, summary } from './rig.mjs';

const quiet = { stdio: 'ignore' };
/** How often each build is started anew. */
const turns = 6;

/**
 * Several builds in one run: those below out/builds/NAME/, each with all that `dist` has, take turns as the daemon, so that all of
 * them meet the same weather. What a piece buys is the build with it against the one without. Lower quartiles: a busy machine
 * only ever adds.
 */
export async function measureBuilds(rig) {
  const names = readdirSync('out/builds').sort();
  const systemdRun = () => spawn('systemd-run', ['--user', '--scope', '--quiet', rig.app], quiet);
  const click = () => spawn('dbus-send', launchArgs('bench'), quiet);
  const asked = launchArgs('bench-strict', { profile: 'strict', ...limitless });
  const strict = () => spawn('dbus-send', asked, quiet);
  const hotRounds = Math.ceil(rig.rounds / turns);
  const sections = {
    hot: [click, hotRounds, 0],
    rested: [click, Math.ceil(hotRounds / 8), 100],
    'strict, hot': [strict, Math.ceil(hotRounds / 4), 0],
  };
  const blank = () => ({ click: [], systemdRun: [], processor: [] });
  const blanks = () => Object.fromEntries(Object.keys(sections).map((section) => [section, blank()]));
  const all = Object.fromEntries(names.map((name) => [name, blanks()]));
  const starts = Object.fromEntries(names.map((name) => [name, []]));
  for (let turn = 0; turn < turns; turn += 1) {
    for (const name of turn % 2 === 0 ? names : [...names].reverse()) {
      const { child, begun } = await rig.startDaemon(`out/builds/${name}/ringfenced`);
      await rig.ping();
      starts[name].push(since(begun));
      for (const [section, [start, rounds, pause]] of Object.entries(sections)) {
        const own = all[name][section];
        const before = processorMs(child.pid);
        const times = await interleave(rounds, { click: start, systemdRun }, rig.timeClick, pause);
        // Five rounds do not count as times, but they take theirs.
        own.processor.push((processorMs(child.pid) - before) / (rounds + 5));
        own.click.push(...times.click.values);
        own.systemdRun.push(...times.systemdRun.values);
      }
      await rig.stopDaemon(child);
    }
  }
  const rows = Object.entries(all).flatMap(([name, measured]) =>
    Object.entries(measured).map(([section, { click, systemdRun, processor }]) => {
      const [own, theirs] = [click, systemdRun].map((values) => summary(values).quartile);
      const [what, took, , ratio] = row(`${section}: ${name}`, { median: own }, own / theirs);
      return [what, took, '', ratio, `daemon ${summary(processor).median.toFixed(2)} ms of a processor`];
    }),
  );
  rows.push(...names.map((name) => row(`first answer: ${name}`, { median: summary(starts[name]).quartile })));
  return { results: { ...all, starts }, rows };
}

/** What all threads of a process have computed so far. */
function processorMs(pid) {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6)
    .reduce((sum, time) => sum + time, 0);
}
