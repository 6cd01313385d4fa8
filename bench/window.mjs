import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { interleave, row, since } from './rig.mjs';

/** Instances that come and go, this many at a time. */
const instances = 1000;
const batch = 20;

/** The window: from its start to what can be seen, beside gnome-calculator's, and its memory while instances come and go. */
export async function measureWindow(rig) {
  const { child: daemon } = await rig.startDaemon();
  const { server, display } = await startScreen();
  const env = { ...process.env, DISPLAY: display, GDK_BACKEND: 'x11', GSK_RENDERER: 'cairo' };
  const start = (...argv) => spawn(argv[0], argv.slice(1), { env, stdio: 'ignore' });
  const seen = (name) => rig.exec('xdotool', ['search', '--sync', '--onlyvisible', '--class', name], { env });
  const untilSeen = async (begin) => {
    const begun = process.hrtime.bigint();
    const { child, name } = begin();
    await seen(name);
    const took = since(begun);
    await end(child);
    return took;
  };
  const times = await interleave(
    Math.min(10, rig.rounds),
    {
      calculator: () => ({ child: start('gnome-calculator'), name: 'gnome-calculator' }),
      window: () => ({ child: start('dist/ringfence-window'), name: 'org.ringfence.Ringfence' }),
    },
    untilSeen,
  );
  const window = start('dist/ringfence-window');
  await seen('org.ringfence.Ringfence');
  const memory = {};
  for (let count = 0; count < instances; count += batch) {
    const all = Array.from({ length: batch }, () => rig.call('Run', 'asa{ss}a{ss}', [['sleep', '1000'], {}, {}]));
    await Promise.all(all);
    await rig.exec('dist/ringfence', ['stop', '--timeout', '0', 'sleep']);
    if (count + batch === instances / 2 || count + batch === instances) {
      await sleep(2000);
      memory[count + batch] = privateMb(window.pid);
    }
  }
  await end(window);
  await end(server);
  await rig.stopDaemon(daemon);
  const ratio = times.window.median / times.calculator.median;
  const growth = memory[instances] / memory[instances / 2];
  const mb = (count) => `${memory[count].toFixed(1)} MB`;
  return {
    results: { ...times, ratio, instances, memory, growth },
    rows: [
      row('gnome-calculator, start to window', times.calculator, 1),
      row('the window, start to window', times.window, ratio),
      [`the window after ${instances / 2} instances: private memory`, mb(instances / 2), '', '1.00', ''],
      [`after ${instances}`, mb(instances), '', growth.toFixed(2), ''],
    ],
  };
}

async function startScreen() {
  // A number that no other session has: all share the abstract sockets of X servers.
  const drawn = `:${randomInt(1000, 30_000)}`;
  const server = spawn('Xvfb', [drawn, '-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const [number] = await new Promise((resolve) => {
    server.stdio[3].once('data', (bytes) => resolve(String(bytes).split('\n')));
  });
  return { server, display: `:${number}` };
}

async function end(child) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

function privateMb(pid) {
  return Number(/^Private_Dirty:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
}
