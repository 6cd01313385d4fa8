import { spawn } from 'node:child_process';
import { interleave, launchArgs, row } from './rig.mjs';

const quiet = { stdio: 'ignore' };

/** From the start of a client until the app's first instruction inside its scope; and 200 of them at once. */
export async function measureClicks(rig) {
  const { child: daemon } = await rig.startDaemon();
  const systemdRun = 'systemd-run --user --scope';
  const clicks = {
    'bare exec': () => spawn(rig.app, quiet),
    [systemdRun]: () => spawn('systemd-run', ['--user', '--scope', '--quiet', rig.app], quiet),
    'dbus-send Launch': () => spawn('dbus-send', launchArgs('bench'), quiet),
    'ringfence-open': () => spawn('dist/ringfence-open', ['--app=bench', '--'], quiet),
    'ringfence-open, a comma': () => spawn('dist/ringfence-open', ['--app=bench', '--', 'x:a,b'], quiet),
    'the icon': () =>
      spawn('/bin/sh', ['-c', '"$0" "$@"; s=$?; exit $s', 'dist/ringfence-open', '--app=bench', '--'], quiet),
  };
  const times = await interleave(rig.rounds, clicks, rig.timeClick);
  // The first click after a while: the kernel then waits for all processors before it moves a process, whoever asks.
  const { [systemdRun]: bySystemd, 'dbus-send Launch': bySend, 'ringfence-open': byOpen } = clicks;
  const alone = { [systemdRun]: bySystemd, 'dbus-send Launch': bySend, 'ringfence-open': byOpen };
  const paused = await interleave(Math.ceil(rig.rounds / 2), alone, rig.timeClick, 100);
  const burst = async (start, count = 200) =>
    rig.time(async () => {
      const children = Array.from({ length: count }, start);
      const ended = children.map((child) => new Promise((resolve) => child.once('exit', resolve)));
      for (let left = count; left > 0; left -= 1) await rig.signalled();
      await Promise.all(ended);
    });
  const burstSystemd = await burst(clicks[systemdRun]);
  const burstOwn = await burst(clicks['dbus-send Launch']);
  await rig.stopDaemon(daemon);

  const ratio = (name) => times[name].median / times[systemdRun].median;
  const goals = { 'dbus-send Launch': '≤ 0.75 × systemd-run', 'ringfence-open': '≤ 0.8 × systemd-run' };
  return {
    results: {
      ...times,
      afterPause: paused,
      ratio: ratio('dbus-send Launch'),
      ratioP95: times['dbus-send Launch'].p95 / times[systemdRun].p95,
      ratioOpen: ratio('ringfence-open'),
      goal: 0.75,
      burst200: { [systemdRun]: burstSystemd, 'dbus-send Launch': burstOwn, ratio: burstOwn / burstSystemd },
    },
    rows: [
      ...Object.entries(times).map(([name, time]) => row(`click to exec: ${name}`, time, ratio(name), goals[name])),
      ...Object.entries(paused).map(([name, time]) =>
        row(`after 100 ms of rest: ${name}`, time, time.median / paused[systemdRun].median),
      ),
      row(`200 at once: ${systemdRun}`, { median: burstSystemd }, 1),
      row('200 at once: dbus-send Launch', { median: burstOwn }, burstOwn / burstSystemd),
    ],
  };
}
