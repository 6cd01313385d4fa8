import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import dbus from 'dbus-next';

const exec = promisify(execFile);
const destination = 'org.ringfence.Ringfence1';
const root = '/org/ringfence/Ringfence1';

/** What every section measures with: an app whose first act is a signal to us, the daemon, and the bus. */
export async function openRig(settings) {
  const work = mkdtempSync(join(tmpdir(), 'ringfence-bench-'));
  // What runs strictly sees nothing of this /tmp, and of the home only what is shared.
  const shared = join(process.env.HOME, 'bench');
  mkdirSync(shared);
  const configFolder = join(process.env.HOME, '.config/ringfence');
  mkdirSync(configFolder, { recursive: true });
  writeFileSync(join(configFolder, 'config.toml'), '[profile.strict]\nshared-folders = ["~/bench"]\n');
  const fifo = join(shared, 'first-instruction');
  await exec('mkfifo', [fifo]);
  // Opened for both, so that it never ends between two writers.
  const pipe = await open(fifo, 'r+');
  const signalled = async () => void (await pipe.read(Buffer.alloc(1), 0, 1, null));

  // The app under test: its first act is one byte into the pipe, by the shell itself.
  const app = join(shared, 'bench-app');
  writeFileSync(app, `#!/bin/sh\nprintf . > ${fifo}\n`, { mode: 0o755 });
  const entries = join(process.env.HOME, '.local/share/applications');
  mkdirSync(entries, { recursive: true });
  // Twice: one that still runs relaxed is not started strictly.
  for (const name of ['bench', 'bench-strict']) {
    writeFileSync(join(entries, `${name}.desktop`), `[Desktop Entry]\nType=Application\nName=Bench\nExec=${app} %U\n`);
  }

  const bus = dbus.sessionBus({ busAddress: process.env.DBUS_SESSION_BUS_ADDRESS });
  const send = (fields) => bus.call(new dbus.Message(fields));
  const driver = {
    destination: 'org.freedesktop.DBus',
    path: '/org/freedesktop/DBus',
    interface: 'org.freedesktop.DBus',
  };
  const rule = `type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${destination}'`;
  await send({ ...driver, member: 'AddMatch', signature: 's', body: [rule] });
  const nameChanged = () =>
    new Promise((resolve) => {
      const listen = ({ member, body }) => {
        if (member !== 'NameOwnerChanged' || body[0] !== destination) return;
        bus.off('message', listen);
        resolve();
      };
      bus.on('message', listen);
    });
  const call = (member, signature, body) =>
    send({ destination, path: root, interface: destination, member, signature, body });
  // As the installed unit runs it: node itself, with the flags of the program's first line.
  const [, flags] = /^#!\S+ -S node ?(.*)$/m.exec(readFileSync('dist/ringfenced', 'utf8'));
  const daemonFlags = flags.split(' ');

  return {
    ...settings,
    work,
    app,
    signalled,
    exec,
    call,
    /** Starts the daemon; resolves when it has its name. */
    async startDaemon(program = 'dist/ringfenced') {
      const begun = process.hrtime.bigint();
      const owned = nameChanged();
      const child = spawn(process.execPath, [...daemonFlags, program], { stdio: ['ignore', 'ignore', 'inherit'] });
      await owned;
      return { child, took: since(begun), begun };
    },
    async stopDaemon(child) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
    ping: () =>
      send({
        destination,
        path: root,
        interface: 'org.freedesktop.DBus.Properties',
        member: 'Get',
        signature: 'ss',
        body: [destination, 'Version'],
      }),
    /** From the start of a client until the app's first instruction; the client has ended when it resolves. */
    async timeClick(start) {
      const begun = process.hrtime.bigint();
      const child = start();
      const ended = new Promise((resolve, reject) =>
        child.once('exit', (code) => {
          if (code === 0) resolve();
          else reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}`));
        }),
      );
      await Promise.race([signalled(), ended.then(() => new Promise(() => {}))]);
      const took = since(begun);
      await ended;
      return took;
    },
    /** From the start of a program until its end. */
    async timeProgram(start) {
      const begun = process.hrtime.bigint();
      const child = start();
      const code = await new Promise((resolve) => child.once('exit', resolve));
      if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
      return since(begun);
    },
    async time(work) {
      const begun = process.hrtime.bigint();
      await work();
      return since(begun);
    },
  };
}

/** What dbus-send is given to launch an app. */
export function launchArgs(app, options = {}) {
  const call = ['--session', '--print-reply', '--type=method_call', `--dest=${destination}`, root];
  const words = Object.entries(options).flat().join(',');
  return [...call, `${destination}.Launch`, `string:${app}`, 'array:string:', `dict:string:string:${words}`];
}

/** The session's user manager has no controllers to hand on, and strict takes no limit that does not hold. */
export const limitless = { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };

/** In ms. */
export function since(begun) {
  return Number(process.hrtime.bigint() - begun) / 1e6;
}

/**
 * Each of `starts` once in a round, in an order that is drawn anew: all meet the same weather, and none always has the same one
 * before it (the kernel is quicker to move a process into a cgroup when another was moved a moment ago). `pause`, in ms, goes
 * before each. Five rounds do not count.
 */
export async function interleave(rounds, starts, time, pause = 0) {
  const times = Object.fromEntries(Object.keys(starts).map((name) => [name, []]));
  for (let round = -5; round < rounds; round += 1) {
    for (const [name, start] of shuffled(Object.entries(starts))) {
      if (pause > 0) await sleep(pause);
      const took = await time(start);
      if (round >= 0) times[name].push(took);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, { ...summary(values), values }]));
}

function shuffled(items) {
  return items
    .map((item) => [Math.random(), item])
    .sort(([one], [other]) => one - other)
    .map(([, item]) => item);
}

/** Lower quartile, median and 95th percentile. */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.floor((sorted.length - 1) * share)];
  return { quartile: at(0.25), median: at(0.5), p95: at(0.95) };
}

/** A row of the table. */
export function row(what, { median, p95 }, ratio, goal = '') {
  const ms = (value) => (value === undefined ? '' : `${value.toFixed(1)} ms`);
  return [what, ms(median), ms(p95), ratio === undefined ? '' : ratio.toFixed(2), goal];
}
