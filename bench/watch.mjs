import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { interleave, row } from './rig.mjs';

/** Many instances: how long `list` takes beside systemd's own list, and what `top` costs while it watches them. */
export async function measureWatching(rig) {
  const instances = rig.many;
  const seconds = Math.min(20, rig.idleSeconds);
  const { child: daemon } = await rig.startDaemon();
  for (let left = instances; left > 0; left -= 1) await rig.call('Run', 'asa{ss}a{ss}', [['sleep', '1000'], {}, {}]);
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };
  const times = await interleave(
    Math.min(20, rig.rounds),
    {
      node: () => spawn(process.execPath, ['-e', '0'], quiet),
      version: () => spawn('dist/ringfence', ['--version'], quiet),
      systemctl: () => spawn('systemctl', ['--user', 'list-units', 'app-*'], quiet),
      list: () => spawn('dist/ringfence', ['list'], quiet),
    },
    rig.timeProgram,
  );
  // On a terminal, as that is what has to be drawn.
  const screen = ['-L', `bench-${process.pid}`, '-f', '/dev/null'];
  const size = ['-x', '120', '-y', '40'];
  await rig.exec('tmux', [...screen, 'new-session', '-d', ...size, `exec ${process.execPath} dist/ringfence top`]);
  const { stdout } = await rig.exec('tmux', [...screen, 'list-panes', '-F', '#{pane_pid}']);
  await sleep(3000);
  const before = [ticks(Number(stdout)), ticks(daemon.pid)];
  await sleep(seconds * 1000);
  const [top, daemonShare] = [ticks(Number(stdout)), ticks(daemon.pid)].map((now, at) => (now - before[at]) / seconds);
  await rig.exec('tmux', [...screen, 'kill-server']);
  await rig.exec('dist/ringfence', ['stop', '--timeout', '0', 'sleep']);
  await rig.stopDaemon(daemon);
  const ratio = times.list.median / times.systemctl.median;
  const percent = (value) => `${value.toFixed(1)} %`;
  return {
    results: {
      instances,
      list: times,
      ratio,
      topPercent: top,
      daemonPercent: daemonShare,
      goal: { ratio: 2, topPercent: 3 },
    },
    rows: [
      row(`systemctl --user list-units, ${instances} scopes`, times.systemctl, 1),
      row('node -e 0: what no command of ours is faster than', times.node, times.node.median / times.systemctl.median),
      row('ringfence --version', times.version, times.version.median / times.systemctl.median),
      row(`ringfence list, ${instances} instances`, times.list, ratio, '≤ 2.00'),
      [`ringfence top, ${instances} instances: of a core`, percent(top), '', '', '≤ 3 %'],
      ['the daemon while it is watched: of a core', percent(daemonShare), '', '', ''],
    ],
  };
}

/** Processor time so far in hundredths of a second, which over seconds is percent. */
function ticks(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
