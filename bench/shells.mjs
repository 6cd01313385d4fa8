import { spawn } from 'node:child_process';
import { interleave, row } from './rig.mjs';

const quiet = { stdio: 'ignore' };

/** A command in a fence of its own, from the start of the client to the command's end. */
export async function measureShells(rig) {
  const { child: daemon } = await rig.startDaemon();
  const systemdRun = 'systemd-run --user --scope true';
  const programs = {
    true: () => spawn('true', [], quiet),
    "sh -c 'true; true'": () => spawn('/bin/sh', ['-c', 'true; true'], quiet),
    [systemdRun]: () => spawn('systemd-run', ['--user', '--scope', '--quiet', 'true'], quiet),
    'ringfence-shell -- true': () => spawn('dist/ringfence-shell', ['--', 'true'], quiet),
    'ringfence run -- true': () => spawn('dist/ringfence', ['run', '--', 'true'], quiet),
    'ringfence run --wait -- true': () => spawn('dist/ringfence', ['run', '--wait', '--', 'true'], quiet),
  };
  const times = await interleave(rig.rounds, programs, rig.timeProgram);
  await rig.stopDaemon(daemon);
  const added = times['ringfence-shell -- true'].median - times.true.median;
  const ratio = (name) => times[name].median / times[systemdRun].median;
  return {
    results: { ...times, added, goalMs: 10 },
    rows: [
      ...Object.entries(times).map(([name, time]) => row(name, time, ratio(name))),
      row('ringfence-shell adds to a bare command', { median: added }, undefined, '≤ 10 ms'),
    ],
  };
}
