import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientScript, clientScript } from '../../../../src/shadows/pure/client-script.ts';

// Run by a shell: what it does is what counts.
describe('clientScript', () => {
  let folder: string;
  const words = ['a b', "it's", '$HOME', '*', '-x'];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringfence-script-'));
    const say = (name: string) => `#!/bin/sh\nprintf '${name}'; printf ' <%s>' "$@"; echo\n`;
    writeFileSync(join(folder, 'client'), `${say('client')}exit "$CLIENT_STATUS"\n`, { mode: 0o755 });
    for (const name of ['app', 'notify-send', 'logger']) writeFileSync(join(folder, name), say(name), { mode: 0o755 });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const script = (more: Partial<ClientScript> = {}): string =>
    clientScript({
      comment: 'from a test',
      client: [join(folder, 'client'), '--app=x y'],
      argv: [join(folder, 'app'), ...words],
      title: 'App',
      id: 'app.desktop',
      strict: false,
      ...more,
    });
  const run = (text: string, status: number) => {
    const env = { PATH: `${folder}:/usr/bin:/bin`, CLIENT_STATUS: String(status), HOME: '/home/ada' };
    const { stdout, status: code } = spawnSync('/bin/sh', ['-c', text], { env, encoding: 'utf8' });
    return { said: stdout.trim().split('\n'), code };
  };
  const list = words.map((word) => `<${word}>`).join(' ');
  const asked = (strict = '') => `client <--app=x y>${strict} <--> <${folder}/app> ${list}`;

  it('begins as a script, with the comment and nothing else before the call', () => {
    expect(script().split('\n').slice(0, 2)).toEqual(['#!/bin/sh', '# from a test']);
    expect(script().endsWith('\n')).toBe(true);
  });

  it('ends as the client does', () => {
    expect(run(script(), 0)).toEqual({ said: [asked()], code: 0 });
    expect(run(script(), 3)).toEqual({ said: [asked()], code: 3 });
  });

  it.each([75, 126, 127])('runs the command itself when the client says %d', (status) => {
    const { said, code } = run(script(), status);
    expect(said).toContain(`app ${list}`);
    expect(code).toBe(0);
  });

  it.each([75, 126, 127, 0])('never runs the command of a strict app: %d', (status) => {
    const { said, code } = run(script({ strict: true }), status);
    expect(said[0]).toBe(asked(' <--strict>'));
    expect(said.filter((line) => line.startsWith('app '))).toEqual([]);
    expect(code).toBe(status);
  });

  it('tells the user where the client is gone: not started, or started without its fence', () => {
    expect(script({ strict: true })).toMatch(/^case \$s in 126\|127\) \(notify-send .*'App was not started'/m);
    expect(script()).toMatch(/126\|127\) \(notify-send .*'App was started without its fence'/m);
  });
});
