import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { interleave, launchArgs, row } from './rig.mjs';

const quiet = { stdio: 'ignore' };

const client = 'dist/ringfence-open';
const options = ['--app=bench', '--'];
const script = join(process.env.HOME, 'bench.sh');
/** As a shadow's script begins, with as much behind it. */
const scriptText = `#!/bin/sh
# What the icon of bench.desktop runs, by Ringfence
# X-Ringfence-Source=/usr/share/applications/bench.desktop
ringfence_client=${client} ringfence_status=127
[ ! -r "$ringfence_client" ] || { . "$ringfence_client"; ringfence_status=$?; }
case $ringfence_status in 75 | 127) ;; *) exit "$ringfence_status" ;; esac
${': what is run where the client is gone\n'.repeat(60)}`;
/** As the Exec line of a shadow has it. */
const icon = (...files) => spawn('/bin/sh', [script, ...options, ...files], quiet);
/** As that of 0.2.0 had it. */
const inlineIcon = () => {
  const inline = 's=127; [ ! -r "$0" ] || { . "$0"; s=$?; }; exit $s';
  return spawn('/bin/sh', ['-c', inline, client, ...options], quiet);
};

/** What a user would start the same app with instead, as far as it is here and works. */
function alternatives(rig) {
  const works = (program, ...args) => spawnSync(program, args, { encoding: 'utf8' });
  const there = {};
  const missing = [];
  const entry = join(process.env.HOME, '.local/share/applications/bench.desktop');
  if (works('gio', 'version').status === 0)
    there['gio launch of the original'] = () => spawn('gio', ['launch', entry], quiet);
  else missing.push('gio launch: gio is not installed');

  const jail = works('firejail', '--quiet', '--noprofile', 'true');
  if (jail.status === 0) there.firejail = () => spawn('firejail', ['--quiet', '--noprofile', rig.app], quiet);
  else missing.push(jail.error ? 'firejail: not installed' : `firejail: does not start here (${jail.stderr.trim()})`);

  const list = works('flatpak', 'list', '--app', '--columns=application');
  const [app] = (list.stdout ?? '').split('\n');
  if (list.error) missing.push('flatpak run: flatpak is not installed');
  else if (!app) missing.push('flatpak run: no flatpak app is installed');
  else {
    const args = ['run', `--filesystem=${process.env.HOME}`, '--command=sh', app, rig.app];
    there[`flatpak run (${app})`] = () => spawn('flatpak', args, quiet);
  }
  return { there, missing };
}

/** From the start of a client until the app's first instruction inside its scope; and many of them at once. */
export async function measureClicks(rig) {
  const { child: daemon } = await rig.startDaemon();
  writeFileSync(script, scriptText);
  const systemdRun = 'systemd-run --user --scope';
  const clicks = {
    'bare exec': () => spawn(rig.app, quiet),
    [systemdRun]: () => spawn('systemd-run', ['--user', '--scope', '--quiet', rig.app], quiet),
    'dbus-send Launch': () => spawn('dbus-send', launchArgs('bench'), quiet),
    'the icon': () => icon(),
    'the icon, a comma': () => icon('x:a,b'),
    'the icon of 0.2.0': inlineIcon,
  };
  const { there, missing } = alternatives(rig);
  Object.assign(clicks, there);
  const times = await interleave(rig.rounds, clicks, rig.timeClick);
  // The first click after a while: the kernel then waits for all processors before it moves a process, whoever asks.
  const { [systemdRun]: bySystemd, 'dbus-send Launch': bySend, 'the icon': byIcon } = clicks;
  const alone = { [systemdRun]: bySystemd, 'dbus-send Launch': bySend, 'the icon': byIcon, ...there };
  const paused = await interleave(Math.ceil(rig.rounds / 2), alone, rig.timeClick, 100);
  const burst = async (start, count = rig.many) =>
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
  const goals = { 'dbus-send Launch': '≤ 0.75 × systemd-run', 'the icon': '≤ 0.85 × systemd-run' };
  return {
    results: {
      ...times,
      afterPause: paused,
      ratio: ratio('dbus-send Launch'),
      ratioP95: times['dbus-send Launch'].p95 / times[systemdRun].p95,
      ratioIcon: ratio('the icon'),
      missing,
      goal: 0.75,
      burst: {
        count: rig.many,
        [systemdRun]: burstSystemd,
        'dbus-send Launch': burstOwn,
        ratio: burstOwn / burstSystemd,
      },
    },
    rows: [
      ...Object.entries(times).map(([name, time]) => row(`click to exec: ${name}`, time, ratio(name), goals[name])),
      ...Object.entries(paused).map(([name, time]) =>
        row(
          `after 100 ms of rest: ${name}`,
          time,
          time.median / paused[systemdRun].median,
          name in goals ? '≤ 1.05 × systemd-run' : '',
        ),
      ),
      ...missing.map((text) => [`click to exec: ${text}`, '', '', '', '']),
      row(`${rig.many} at once: ${systemdRun}`, { median: burstSystemd }, 1),
      row(`${rig.many} at once: dbus-send Launch`, { median: burstOwn }, burstOwn / burstSystemd),
    ],
  };
}
