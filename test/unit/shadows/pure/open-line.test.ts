import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expandExec } from '../../../../src/domain/desktop-entry/exec-line.ts';
import { openLine } from '../../../../src/shadows/pure/open-line.ts';
import { endStartupProgram, openScript } from '../../../../src/shadows/pure/open-script.ts';
import { waitFor } from '../../../harness/wait-for.ts';

describe('an icon whose client is gone', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringfence-open-line-'));
    for (const name of ['gjs', 'notify-send', 'logger']) {
      const script = `#!/bin/sh\nprintf '%s\\0' "$@" >${folder}/$$ && mv ${folder}/$$ ${folder}/${name}.told\n`;
      writeFileSync(join(folder, name), script);
      chmodSync(join(folder, name), 0o755);
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const click = (mayFallBack: boolean, variables: Record<string, string>, options: readonly string[] = []) => {
    const exec = 'echo started %U';
    const script = openScript({
      clientPath: join(folder, 'no-such-client'),
      exec,
      actions: new Map(),
      original: { id: 'app.desktop', name: "Tom's", icon: undefined, path: '/app.desktop', terminal: false },
      mayFallBack,
    });
    const scriptPath = join(folder, 'app.sh');
    writeFileSync(scriptPath, script);
    const line = openLine({ scriptPath, options, exec });
    const [program = '', ...args] = expandExec(line, { uris: ['x:y'] })[0] ?? [];
    const env = { PATH: `${folder}:${process.env['PATH']}`, ...variables };
    const { status, stdout } = spawnSync(program, args, { env, encoding: 'utf8' });
    return { status, stdout };
  };
  const told = (name: string) =>
    waitFor(() => existsSync(join(folder, `${name}.told`)) && words(`${name}.told`), { what: `${name} to be run` });
  const words = (file: string) => readFileSync(join(folder, file), 'utf8').split('\0').slice(0, -1);

  it.each([
    ['a strict app', false, [], { XDG_ACTIVATION_TOKEN: 'token 1', DESKTOP_STARTUP_ID: 'old' }, 'token 1'],
    ['an action that is strict', true, ['--profile=strict', '--strict'], { DESKTOP_STARTUP_ID: "id'2" }, "id'2"],
  ])(
    'tells the user, ends the waiting for a window and starts nothing: %s',
    async (_what, mayFallBack, options, variables, token) => {
      expect(click(mayFallBack, variables, options)).toEqual({ status: 127, stdout: '' });
      expect(await told('gjs')).toEqual(['-c', endStartupProgram, token]);
      expect((await told('notify-send')).at(-2)).toBe("Tom's was not started");
      expect((await told('logger')).at(-1)).toMatch(/^app\.desktop: not started: /);
    },
  );

  it('tells the user and starts the original, which ends the waiting itself', async () => {
    expect(click(true, { XDG_ACTIVATION_TOKEN: 'token' })).toEqual({ status: 0, stdout: 'started x:y\n' });
    expect((await told('notify-send')).at(-2)).toBe("Tom's was started without its fence");
    // The last that is started: nothing writes into the folder after it.
    expect((await told('logger')).at(-1)).toMatch(/^app\.desktop: started without its fence: /);
    expect(existsSync(join(folder, 'gjs.told'))).toBe(false);
  });
});
