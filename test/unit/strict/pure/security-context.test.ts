import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  parseSecurityContext,
  renderSecurityContext,
  securityContextArgv,
} from '../../../../src/strict/pure/security-context.ts';

const order = {
  display: '/nowhere/wayland-0',
  socket: '/tmp/x',
  app: 'org.ringfence.app.x',
  instance: 'i',
  pid: process.pid,
};

it.each([
  ['made\0sway\n', { said: 'made', compositor: 'sway' }],
  ['none\0sway\x0012\n', { said: 'none', compositor: 'sway', listener: 12 }],
  ['failed\0\0it hung up\n', { said: 'failed', compositor: '', reason: 'it hung up' }],
  ['', undefined],
  ['madesway\n', undefined],
])('reads %j', (line, answer) => expect(parseSecurityContext(line)).toEqual(answer));

it('says what it could not do, and ends', () => {
  const argv = securityContextArgv(process.arch === 'arm64' ? 'aarch64' : 'x86_64');
  const { stdout, status } = spawnSync('perl', argv, {
    input: renderSecurityContext(order),
    encoding: 'utf8',
    env: {},
  });
  expect([parseSecurityContext(stdout), status]).toEqual([
    { said: 'failed', compositor: '', reason: 'No such file or directory' },
    1,
  ]);
});

it('does nothing without a whole order', () => {
  const input = renderSecurityContext(order).slice(0, -1);
  const { stdout, status } = spawnSync('perl', securityContextArgv('x86_64'), { input, encoding: 'utf8', env: {} });
  expect([stdout, status]).toEqual(['', 1]);
});

it('says who listens where there are no security contexts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringfence-'));
  const display = join(folder, 'wayland-0');
  // wl_callback.done for the wl_display.sync of its first look.
  const server = createServer((line) =>
    line.once('data', () => line.write(new Uint8Array(Uint32Array.of(3, 12 << 16, 0).buffer))),
  );
  await once(server.listen(display), 'listening');
  const perl = spawn('perl', securityContextArgv(process.arch === 'arm64' ? 'aarch64' : 'x86_64'), { env: {} });
  try {
    perl.stdin.end(renderSecurityContext({ ...order, display }));
    let said = '';
    for await (const text of perl.stdout.setEncoding('utf8')) said += text;
    expect(parseSecurityContext(said)).toMatchObject({ said: 'none', listener: process.pid });
  } finally {
    perl.kill('SIGKILL');
    server.close();
    rmSync(folder, { recursive: true });
  }
});
