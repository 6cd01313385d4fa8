// A program that logs as the daemon does, for the journal tests; each scenario prints one line of JSON to stderr.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { RingfenceError } from '../../../src/domain/errors.ts';
import { openLog } from '../../../src/platform/journal/open-log.ts';
import { journalStreamVariable, openOutputStream } from '../../../src/platform/journal/output-stream.ts';

const log = openLog({ identifier: 'probe', level: 'debug', environment: process.env });
const journald = Number(process.env['JOURNALD_PID']);
const unit = process.env['PROBE_UNIT'] ?? 'app-ringfence-probe-1.scope';

const instance = { app: 'probe.desktop', unit, profile: 'relaxed', instance: '/probe' };

const scenarios: Readonly<Record<string, () => Promise<object>>> = {
  async fields() {
    const cycle: Record<string, unknown> = { name: 'cycle' };
    cycle['self'] = cycle;
    log.event('limit-hit', 'started probe', { ...instance, limit: 'memory-max', count: 2n ** 60n });
    log.error('nul \0 inside', { reason: `${'\0'.repeat(3)}lone \ud800 surrogate` });
    log.info('two\nlines');
    log.warn('cycle', { cause: cycle });
    log.error('refused', { cause: new RingfenceError('NoSuchApp', 'cannot launch probe: no such application') });
    log.error('bug', { cause: new TypeError('of ours') });
    log.info(`huge ${'x'.repeat(1_000_000)}`);
    log.debug('last');
    return { flushed: await log.flush(5000) };
  },

  async silent() {
    log.info('started');
    return { flushed: await log.flush(5000) };
  },

  /** 2,000 entries while journald is stopped; the event loop has to turn meanwhile. */
  async hang() {
    log.info('before the hang');
    await log.flush(5000);
    process.kill(journald, 'SIGSTOP');
    let turns = 0;
    for (let i = 0; i < 2000; i++) {
      log.info(`entry ${i}`);
      if (i % 20 === 0) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        turns++;
      }
    }
    const flushedWhileHanging = await log.flush(200);
    process.kill(journald, 'SIGCONT');
    return { turns, flushedWhileHanging, flushed: await log.flush(10_000) };
  },

  /** The very first entries meet a journald that is stopped already; then the program ends (and leaves it stopped). */
  async 'hang-at-exit'() {
    process.kill(journald, 'SIGSTOP');
    for (let i = 0; i < 50; i++) log.info(`entry ${i}`);
    const flushed = await log.flush(200);
    return { flushed };
  },

  /** More than the pipe of stdout holds, with nobody reading it. */
  async 'full-pipe'() {
    for (let i = 0; i < 500; i++) log.info(`entry ${i} ${'x'.repeat(1000)}`);
    return { flushed: await log.flush(200) };
  },

  async output() {
    const socket = await openOutputStream({ identifier: 'the\napp', unit });
    if (socket === undefined) return { opened: false };
    const variable = journalStreamVariable(socket);
    const script =
      'grep flags: /proc/self/fdinfo/1 >&2; stat -L -c %d:%i /proc/self/fd/1; echo "<3>app"; (echo child); read _ <&3; echo late; printf tail';
    const app = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', socket, socket, 'pipe'] });
    await once(socket.destroy(), 'close');
    (app.stdio[3] as NodeJS.WritableStream).end('go\n');
    await once(app, 'exit');
    return { opened: true, variable, destroyed: socket.destroyed };
  },

  /** As the daemon launches: the stream is opened, a gate waits, is moved into a scope of its own, and becomes the app. */
  async scope() {
    const started = performance.now();
    const socket = await openOutputStream({ identifier: 'probe-app', unit });
    const openedMs = performance.now() - started;
    if (socket === undefined) return { opened: false };
    const script =
      'read _ <&3; exec 3<&-; exec sh -c "echo from the app; sh -c \\"echo from a child\\"; sleep 0.2; echo to stderr >&2; cat /proc/self/cgroup"';
    const app = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', socket, socket, 'pipe'] });
    socket.destroy();
    const call = [
      '--user',
      'call',
      'org.freedesktop.systemd1',
      '/org/freedesktop/systemd1',
      'org.freedesktop.systemd1.Manager',
    ];
    const scope = [
      'StartTransientUnit',
      'ssa(sv)a(sa(sv))',
      unit,
      'fail',
      '1',
      'PIDs',
      'au',
      '1',
      String(app.pid),
      '0',
    ];
    execFileSync('busctl', [...call, ...scope]);
    while (!readFileSync(`/proc/${app.pid}/cgroup`, 'utf8').includes(unit)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    (app.stdio[3] as NodeJS.WritableStream).end('go\n');
    await once(app, 'exit');
    log.event('app-launched', 'started the app', instance);
    return { opened: true, openedMs, flushed: await log.flush(5000) };
  },
};

const scenario = scenarios[process.argv[2] ?? ''];
if (scenario === undefined) throw new Error(`no scenario ${process.argv[2]}`);
void scenario().then((result) => {
  process.stderr.write(`${JSON.stringify(result)}\n`);
  process.exit(0);
});
