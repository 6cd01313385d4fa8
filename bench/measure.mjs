// Runs inside the private session: real systemd --user, real bus. Prints a table and writes bench.json.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import dbus from 'dbus-next';

const exec = promisify(execFile);
const rounds = Number(process.env.BENCH_ROUNDS ?? 100);
const idleSeconds = Number(process.env.BENCH_IDLE_SECONDS ?? 30);
if (process.env.RINGFENCE_TESTBED !== 'session') {
  console.error('bench: run "npm run bench", which starts a private session first');
  process.exit(2);
}
const work = mkdtempSync(join(tmpdir(), 'ringfence-bench-'));
const fifo = join(work, 'first-instruction');
await exec('mkfifo', [fifo]);
// Opened for both, so that it never ends between two writers.
const pipe = await open(fifo, 'r+');
const signalled = async () => void (await pipe.read(Buffer.alloc(1), 0, 1, null));

// The app under test: its first act is one byte into the pipe, by the shell itself.
const app = join(work, 'app');
writeFileSync(app, `#!/bin/sh\nprintf . > ${fifo}\n`, { mode: 0o755 });
const entries = join(process.env.HOME, '.local/share/applications');
mkdirSync(entries, { recursive: true });
writeFileSync(join(entries, 'bench.desktop'), `[Desktop Entry]\nType=Application\nName=Bench\nExec=${app} %U\n`);

const destination = 'org.ringfence.Ringfence1';
const launchArgs = (...words) => [
  '--session',
  '--print-reply',
  '--type=method_call',
  `--dest=${destination}`,
  '/org/ringfence/Ringfence1',
  ...words,
];
const clicks = {
  'bare exec': () => spawn(app, { stdio: 'ignore' }),
  'systemd-run --user --scope': () => spawn('systemd-run', ['--user', '--scope', '--quiet', app], { stdio: 'ignore' }),
  'dbus-send Launch': () =>
    spawn('dbus-send', launchArgs(`${destination}.Launch`, 'string:bench', 'array:string:', 'dict:string:string:'), {
      stdio: 'ignore',
    }),
  'ringfence-open': () => spawn('dist/ringfence-open', ['--app=bench', '--'], { stdio: 'ignore' }),
  'ringfence-open, a comma': () => spawn('dist/ringfence-open', ['--app=bench', '--', 'x:a,b'], { stdio: 'ignore' }),
  'the icon': () =>
    spawn('/bin/sh', ['-c', '"$0" "$@"; s=$?; exit $s', 'dist/ringfence-open', '--app=bench', '--'], {
      stdio: 'ignore',
    }),
};

async function timeClick(start) {
  const begun = process.hrtime.bigint();
  const child = start();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await signalled();
  const took = Number(process.hrtime.bigint() - begun) / 1e6;
  await ended;
  return took;
}

const bus = dbus.sessionBus({ busAddress: process.env.DBUS_SESSION_BUS_ADDRESS });
const call = (
  member,
  signature,
  body,
  path = '/org/freedesktop/DBus',
  iface = 'org.freedesktop.DBus',
  to = 'org.freedesktop.DBus',
) => bus.call(new dbus.Message({ destination: to, path, interface: iface, member, signature, body }));
await call('AddMatch', 's', [
  `type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${destination}'`,
]);
const nameChanged = () =>
  new Promise((resolve) => {
    const listen = ({ member, body }) => {
      if (member !== 'NameOwnerChanged' || body[0] !== destination) return;
      bus.off('message', listen);
      resolve();
    };
    bus.on('message', listen);
  });

async function timeStart() {
  const begun = process.hrtime.bigint();
  const owned = nameChanged();
  const child = spawn('dist/ringfenced', { stdio: ['ignore', 'ignore', 'inherit'] });
  await owned;
  return { child, took: Number(process.hrtime.bigint() - begun) / 1e6 };
}

async function timeNode() {
  const begun = process.hrtime.bigint();
  await exec('node', ['-e', '0']);
  return Number(process.hrtime.bigint() - begun) / 1e6;
}

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)];
const summary = (values) => ({ median: quantile(values, 0.5), p95: quantile(values, 0.95) });

// 1. Start to name owned, against bare node.
const starts = [];
const nodes = [];
for (let round = 0; round < 20; round += 1) {
  nodes.push(await timeNode());
  const { child, took } = await timeStart();
  starts.push(took);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

// 2. Click to exec, interleaved.
const { child: daemon } = await timeStart();
const times = Object.fromEntries(Object.keys(clicks).map((name) => [name, []]));
for (let round = -5; round < rounds; round += 1) {
  for (const [name, start] of Object.entries(clicks)) {
    const took = await timeClick(start);
    if (round >= 0) times[name].push(took);
  }
}

// 3. 200 at once.
async function burst(start, count = 200) {
  const begun = process.hrtime.bigint();
  const children = Array.from({ length: count }, start).map(
    (child) => new Promise((resolve) => child.once('exit', resolve)),
  );
  for (let left = count; left > 0; left -= 1) await signalled();
  const took = Number(process.hrtime.bigint() - begun) / 1e6;
  await Promise.all(children);
  return took;
}
const burstSystemd = await burst(clicks['systemd-run --user --scope']);
const burstOwn = await burst(clicks['dbus-send Launch']);

// 4. Idle, in a daemon that has just worked, once its garbage is collected: anonymous memory and wake-ups.
const anonymousMb = (pid) =>
  Number(/^Anonymous:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
const switches = (pid) =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) =>
      Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'))[1]),
    )
    .reduce((sum, count) => sum + count, 0);
const workedMb = anonymousMb(daemon.pid);
const ended = new Promise((resolve) => daemon.once('exit', resolve));
daemon.kill('SIGTERM');
await ended;
const { child: idle } = await timeStart();
await new Promise((resolve) => setTimeout(resolve, Number(process.env.BENCH_SETTLE_SECONDS ?? 12) * 1000));
const before = switches(idle.pid);
await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
const wakeUps = switches(idle.pid) - before;
const idleMb = anonymousMb(idle.pid);
idle.kill('SIGTERM');

const results = {
  startToName: {
    ringfenced: summary(starts),
    node: summary(nodes),
    ratio: summary(starts).median / summary(nodes).median,
    goal: 1.5,
  },
  clickToExec: {
    ...Object.fromEntries(Object.entries(times).map(([name, values]) => [name, summary(values)])),
    ratio: summary(times['dbus-send Launch']).median / summary(times['systemd-run --user --scope']).median,
    ratioP95: summary(times['dbus-send Launch']).p95 / summary(times['systemd-run --user --scope']).p95,
    goal: 0.75,
  },
  burst200: {
    'systemd-run --user --scope': burstSystemd,
    'dbus-send Launch': burstOwn,
    ratio: burstOwn / burstSystemd,
  },
  idle: {
    wakeUps,
    seconds: idleSeconds,
    anonymousMb: idleMb,
    anonymousMbAfterWork: workedMb,
    goal: { wakeUps: 0, anonymousMb: 12 },
  },
};
const ms = (value) => `${value.toFixed(1)} ms`;
const rows = [
  ['what', 'median', 'p95', 'ratio', 'goal'],
  ['node -e 0', ms(results.startToName.node.median), ms(results.startToName.node.p95), '1', ''],
  [
    'ringfenced: start to name owned',
    ms(summary(starts).median),
    ms(summary(starts).p95),
    results.startToName.ratio.toFixed(2),
    '≤ 1.5 × node',
  ],
  ...Object.entries(times).map(([name, values]) => [
    `click to exec: ${name}`,
    ms(summary(values).median),
    ms(summary(values).p95),
    (summary(values).median / summary(times['systemd-run --user --scope']).median).toFixed(2),
    { 'dbus-send Launch': '≤ 0.75 × systemd-run', 'ringfence-open': '≤ 0.8 × systemd-run' }[name] ?? '',
  ]),
  ['200 at once: systemd-run --user --scope', ms(burstSystemd), '', '1', ''],
  ['200 at once: dbus-send Launch', ms(burstOwn), '', results.burst200.ratio.toFixed(2), ''],
  [`idle: wake-ups in ${idleSeconds} s`, String(wakeUps), '', '', '0'],
  ['idle: anonymous memory', `${idleMb.toFixed(1)} MB`, '', '', '≤ 12 MB'],
  [`after ${rounds * 1 + 205} launches: anonymous memory`, `${workedMb.toFixed(1)} MB`, '', '', ''],
];
const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
console.log(
  rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n'),
);
writeFileSync(join(process.env.RINGFENCE_TEST_OUT, 'bench.json'), `${JSON.stringify(results, null, 2)}\n`);
process.exit(0);
