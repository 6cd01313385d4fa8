// Runs on Node 18 too: it is the oldest that is promised, and Debian 12's own.
import { readlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { built, daemonNode } from '../../fixtures/live-daemon.ts';
import { command, output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';

const oldest = process.env['RINGFENCE_TEST_NODE'] !== undefined;

describe('the node of this system', () => {
  let daemon: Daemon;
  beforeAll(async () => {
    daemon = await startDaemon();
  });
  afterAll(() => daemon.stop());

  it('runs the daemon', async () => {
    const running = readlinkSync(`/proc/${daemon.process.pid}/exe`);
    expect(running).toBe(await output(['readlink', '-f', daemonNode]));
    expect(await output([running, '--version'])).toMatch(oldest ? /^v18\.(19|[2-9]\d)\./ : /^v(2\d|[3-9]\d)\./);
  });

  it('runs the command line, which starts an app and lists it', async () => {
    const unit = await output([built.ringfence, 'run', '--', 'sleep', '600']);
    const { stdout } = await command([built.ringfence, 'list', '--json']);
    expect(stdout).toContain(unit);
    expect((await command([built.ringfence, 'kill', '-9', unit])).code).toBe(0);
  });

  it('finds what an installation would copy, in each folder of the package', async () => {
    const { stdout } = await command([built.ringfence, 'install', '--dry-run', '--json']);
    const { changes } = JSON.parse(stdout) as { changes: { path: string }[] };
    const ends = ['/dist/ringfenced', '/dist/man/ringfence.1', '/dbus/ringfence.service.in'];
    for (const end of ends) expect(changes.filter(({ path }) => path.endsWith(`/ringfence${end}`))).toHaveLength(1);
  });

  it('has nothing said about it in the log', () => {
    expect(daemon.log()).not.toMatch(/internal error|is not a function|Warning/);
  });
});
