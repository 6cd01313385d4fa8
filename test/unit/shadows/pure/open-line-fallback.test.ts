import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandExec } from '../../../../src/domain/desktop-entry/exec-line.ts';
import { namesClient, type OriginalFacts, openLine } from '../../../../src/shadows/pure/open-line.ts';

// What an icon starts by itself where the client is gone: the original's own words, as the shell gets them.
describe('the original of an icon whose client is gone', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringfence-fallback-'));
    for (const name of ['app', 'xterm', 'notify-send', 'logger']) {
      const said = ['app', 'xterm'].includes(name) ? `printf '<%s>' ${name} "$@"` : ':';
      writeFileSync(join(folder, name), `#!/bin/sh\n${said}\n`, { mode: 0o755 });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const facts: OriginalFacts = {
    id: 'app.desktop',
    name: "Tom's",
    icon: 'an icon',
    path: '/a b.desktop',
    terminal: false,
  };
  const started = (exec: string, uris: string[] = [], more: Partial<OriginalFacts> = {}): string => {
    const original = { ...facts, ...more };
    const options = { clientPath: join(folder, 'none'), options: ['--app=x'], exec, original, mayFallBack: true };
    const [program = '', ...args] = expandExec(openLine(options), { uris })[0] ?? [];
    return spawnSync(program, args, { env: { PATH: folder }, encoding: 'utf8' }).stdout;
  };

  it.each([
    ['app', [], '<app>'],
    ['app a "b c" "" \'$HOME\' "x\\$y" z', [], '<app><a><b c><><$HOME><x$y><z>'],
    ['app 100%% a%%f', [], '<app><100%><a%f>'],
    ['app %U --last', ['x:1', 'x:2'], '<app><x:1><x:2><--last>'],
    ['app %F', ['/srv/a b'], '<app></srv/a b>'],
    ['app %u', [], '<app>'],
    ['app --open=%u', ['x:1'], '<app><--open=x:1>'],
    ['app --open=%f', [], '<app><--open=>'],
    ['app %i', [], '<app><--icon><an icon>'],
    ['app %c %k', [], "<app><Tom's></a b.desktop>"],
    ['app --name=%c --file=%k', [], "<app><--name=Tom's><--file=/a b.desktop>"],
    ['app x%iy', [], '<app><xy>'],
    ['app %m %d', [], '<app>'],
    ['app "%m"', [], '<app><>'],
    ['app %m%d', [], '<app>'],
  ])('is started as its line says: %s, %j', (exec, uris, words) => {
    expect(started(exec, uris)).toBe(words);
  });

  it('has no icon and no name to hand over where the entry has none', () => {
    expect(started('app %i', [], { icon: undefined })).toBe('<app>');
    expect(started('app %i', [], { icon: '' })).toBe('<app>');
    expect(started('app --name=%c', [], { name: undefined })).toBe('<app><--name=>');
  });

  it('is started in the first terminal that there is, when it wants one', () => {
    expect(started('app a "b c"', [], { terminal: true })).toBe('<xterm><-e><app><a><b c>');
  });
});

describe('namesClient', () => {
  it.each([
    'ringfence-open --app=x',
    '/usr/bin/ringfence-open',
    'sh -c "ringfence-open"',
    "sh -c 'ringfence-open --app=x'",
    'env\tringfence-open',
  ])('is so for %s', (exec) => expect(namesClient(exec)).toBe(true));
  it.each(['app', 'ringfence-opener', 'my-ringfence-open', 'ringfence open', ''])('is not so for %s', (exec) => {
    expect(namesClient(exec)).toBe(false);
  });
});
