import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandExec } from '../../../../src/domain/desktop-entry/exec-line.ts';
import { namesClient, openLine } from '../../../../src/shadows/pure/open-line.ts';
import { type OriginalFacts, openScript } from '../../../../src/shadows/pure/open-script.ts';

// What an icon starts by itself where the client is gone: the original's own words, as the shell gets them.
describe('the original of an icon whose client is gone', () => {
  let folder: string;
  let scriptPath: string;
  const script = { clientPath: '/no/such/client', actions: new Map<string, string>(), mayFallBack: true };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringfence-fallback-'));
    scriptPath = join(folder, 'app.sh');
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
    return run(openScript({ ...script, exec, original }), openLine({ scriptPath, options: [], exec }), uris);
  };
  const run = (text: string, line: string, uris: string[] = []): string => {
    writeFileSync(scriptPath, text);
    const [program = '', ...args] = expandExec(line, { uris })[0] ?? [];
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

  it('is that of the action that was chosen; of one that the script does not know, the app itself', () => {
    const actions = new Map([
      ['new', 'app --new %u'],
      ["odd 'one=esac", 'app --odd'],
      ['esac', 'app --esac'],
    ]);
    const text = openScript({ ...script, exec: 'app %U', actions, original: facts });
    const chosen = (action: string, exec: string, uris: string[]) =>
      run(text, openLine({ scriptPath, options: [`--action=${action}`], exec }), uris);
    expect(chosen('new', 'app --new %u', ['x:1'])).toBe('<app><--new><x:1>');
    expect(chosen("odd 'one=esac", 'app --odd', [])).toBe('<app><--odd>');
    expect(chosen('esac', 'app --esac', [])).toBe('<app><--esac>');
    expect(chosen('gone', 'app --gone', [])).toBe('<app>');
  });

  it('is no option of ours, whatever it is called', () => {
    expect(started('app %F', ['/--strict', '/--'])).toBe('<app></--strict></-->');
    expect(
      started(
        'app %U',
        ['--action=x:y'].map((name) => `x:${name}`),
      ),
    ).toBe('<app><x:--action=x:y>');
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
