import { spawnSync } from 'node:child_process';
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
  ['none\0sway\n', { said: 'none', compositor: 'sway' }],
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
