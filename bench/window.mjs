import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { switches } from './idle.mjs';
import { interleave, row, since } from './rig.mjs';

/** Instances that come and go, this many at a time: the collector lets the memory grow until some 1,200 have gone, and it stays there. */
const instances = 2000;
const batch = 20;
/** Graphs that move while the processor time is taken, and the busy loop's pause, in s, of what they show. */
const graphs = 20;
const pause = 0.2;

/**
 * The window: from its start to what can be seen, beside gnome-calculator's; the processor time that it takes with graphs in sight, and
 * minimized; and its memory while instances come and go.
 */
export async function measureWindow(rig) {
  const { child: daemon } = await rig.startDaemon();
  const { server, display } = await startScreen();
  const env = { ...process.env, DISPLAY: display, GDK_BACKEND: 'x11', GSK_RENDERER: 'cairo' };
  const desk = {
    ...rig,
    start: (...argv) => spawn(argv[0], argv.slice(1), { env, stdio: 'ignore' }),
    xdotool: (...argv) => rig.exec('xdotool', argv, { env }),
  };
  desk.seen = (name) => desk.xdotool('search', '--sync', '--onlyvisible', '--class', name);
  const manager = await startWindowManager(desk);
  const parts = [await measureStart(desk), await measureUse(desk), await measureLeaks(desk)];
  await end(manager);
  await end(server);
  await rig.stopDaemon(daemon);
  return {
    results: Object.assign({}, ...parts.map(({ results }) => results)),
    rows: parts.flatMap(({ rows }) => rows),
  };
}

async function measureStart({ rounds, start, seen }) {
  const untilSeen = async (begin) => {
    const begun = process.hrtime.bigint();
    const { child, name } = begin();
    await seen(name);
    const took = since(begun);
    await end(child);
    return took;
  };
  const times = await interleave(
    Math.min(10, rounds),
    {
      calculator: () => ({ child: start('gnome-calculator'), name: 'gnome-calculator' }),
      window: () => ({ child: start('dist/ringfence-window'), name: 'org.ringfence.Ringfence' }),
    },
    untilSeen,
  );
  const ratio = times.window.median / times.calculator.median;
  return {
    results: { ...times, ratio },
    rows: [
      row('gnome-calculator, start to window', times.calculator, 1),
      row('the window, start to window', times.window, ratio),
    ],
  };
}

/** Each graph is of an app that works a little all the time, so that its figures change with each reading. */
async function measureUse({ call, exec, start, seen, xdotool, idleSeconds }) {
  const busy = ['sh', '-c', `while :; do n=0; while [ $n -lt 2000 ]; do n=$((n + 1)); done; sleep ${pause}; done`];
  for (let count = 0; count < graphs; count += 1) await call('Run', 'asa{ss}a{ss}', [busy, {}, {}]);
  const window = start('dist/ringfence-window');
  const { stdout } = await seen('org.ringfence.Ringfence');
  const [frame] = stdout.split('\n');
  // Until the graphs are full: the more points they have, the more there is to draw.
  await sleep(60_000);
  const during = async () => {
    const [time, wakeUps] = [processorMs(window.pid), switches(window.pid)];
    await sleep(idleSeconds * 1000);
    return { percent: (processorMs(window.pid) - time) / (idleSeconds * 10), wakeUps: switches(window.pid) - wakeUps };
  };
  const seenUse = await during();
  await xdotool('windowminimize', '--sync', frame);
  // What was under way when it went.
  await sleep(3000);
  const hiddenUse = await during();
  await end(window);
  await exec('dist/ringfence', ['stop', '--timeout', '0', 'sh']);
  const percent = (use) => `${use.percent.toFixed(2)} %`;
  return {
    results: { graphs, seen: seenUse, hidden: hiddenUse, seconds: idleSeconds },
    rows: [
      [`the window with ${graphs} graphs: processor, of a core`, percent(seenUse), '', '', '< 2 %'],
      ['minimized: processor, of a core', percent(hiddenUse), '', '', '0 %'],
      [`minimized: wake-ups in ${idleSeconds} s`, String(hiddenUse.wakeUps), '', '', ''],
    ],
  };
}

async function measureLeaks({ call, exec, start, seen }) {
  const window = start('dist/ringfence-window');
  await seen('org.ringfence.Ringfence');
  const memory = {};
  for (let count = 0; count < instances; count += batch) {
    const all = Array.from({ length: batch }, () => call('Run', 'asa{ss}a{ss}', [['sleep', '1000'], {}, {}]));
    await Promise.all(all);
    await exec('dist/ringfence', ['stop', '--timeout', '0', 'sleep']);
    if (count + batch === instances / 2 || count + batch === instances) {
      await sleep(2000);
      memory[count + batch] = privateMb(window.pid);
    }
  }
  await end(window);
  const growth = memory[instances] / memory[instances / 2];
  const mb = (count) => `${memory[count].toFixed(1)} MB`;
  return {
    results: { instances, memory, growth },
    rows: [
      [`the window after ${instances / 2} instances: private memory`, mb(instances / 2), '', '1.00', ''],
      [`after ${instances}`, mb(instances), '', growth.toFixed(2), ''],
    ],
  };
}

async function startScreen() {
  // A number that no other session has: all share the abstract sockets of X servers.
  const drawn = `:${randomInt(1000, 30_000)}`;
  const server = spawn(
    'Xvfb',
    [drawn, '-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp', '-noreset'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  let number = '';
  await new Promise((resolve) => {
    server.stdio[3].on('data', (bytes) => {
      number += bytes;
      if (number.endsWith('\n')) resolve();
    });
  });
  return { server, display: `:${number.trim()}` };
}

/** Without one, nothing minimizes a window. */
async function startWindowManager({ start, xdotool }) {
  const manager = start('openbox', '--sm-disable');
  while (
    !(await xdotool('get_num_desktops').then(
      () => true,
      () => false,
    ))
  )
    await sleep(50);
  return manager;
}

async function end(child) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

function privateMb(pid) {
  return Number(/^Private_Dirty:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
}

/** Of all its threads, in ms (proc(5), /proc/PID/stat: utime and stime, in hundredths of a second). */
function processorMs(pid) {
  const [, fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = fields.split(' ').slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}
