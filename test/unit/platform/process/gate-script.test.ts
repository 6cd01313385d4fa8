import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { gateScript, releaseLine } from '../../../../src/platform/process/gate-script.ts';

// The shells that may stand behind /bin/sh are the oracle: they run what the script says.
const shells = ['/bin/sh', '/bin/bash'];
const folder = realpathSync(mkdtempSync(join(tmpdir(), "ringfence it's $(a) test-")));
afterAll(() => rmSync(folder, { recursive: true }));

/** Prints its arguments, folder and environment. */
const witness = [
  process.execPath,
  '-e',
  'console.log(JSON.stringify([process.argv.slice(1), process.cwd(), process.env]))',
  '--',
];

function runGate(shell: string, input: string): { status: number | null; printed: string } {
  const { status, stdout } = spawnSync(shell, [], { input, env: {}, argv0: 'ringfence-gate', timeout: 10_000 });
  return { status, printed: stdout.toString('utf8') };
}

const word = fc.string({
  unit: fc.constantFrom('a', "'", '"', '\\', '$', '`', '\n', ' ', '=', '%', 'é', '😀', '-', ';', '*'),
});

describe.each(shells)('gateScript in %s', (shell) => {
  it('hands on arguments, folder and environment exactly', () => {
    const names = fc.oneof(
      fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/),
      fc.constantFrom('BASH_FUNC_x%%', 'a.b', 'OPTIND'),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), fc.dictionary(names, word, { maxKeys: 6 }), (args, variables) => {
        for (const own of ['PWD', '_', 'SHLVL', 'OLDPWD']) delete variables[own];
        const environment = new Map(Object.entries({ ...variables, PATH: '/usr/bin:/bin', PWD: folder }));
        const script = gateScript({ argv: [...witness, ...args], environment, workingDirectory: folder });
        const { status, printed } = runGate(shell, script + releaseLine);
        expect(status).toBe(0);
        const [seenArgs, seenFolder, seenVariables] = JSON.parse(printed) as [string[], string, Record<string, string>];
        expect(seenArgs).toEqual(args);
        expect(seenFolder).toBe(folder);
        const seen = new Map(Object.entries(seenVariables));
        // bash counts its level and names the program it runs; dash, which is taken where it is there, adds nothing.
        for (const own of ['_', 'SHLVL']) seen.delete(own);
        expect(seen).toEqual(environment);
      }),
      { numRuns: 25 },
    );
  });

  it('runs nothing when the release does not come, wherever the script was cut', () => {
    const script = gateScript({
      argv: ['/bin/echo', 'escaped'],
      environment: new Map([['A', "it's\nB"]]),
      workingDirectory: '/',
    });
    for (let end = 0; end <= script.length + releaseLine.length - 2; end += 1) {
      expect(runGate(shell, (script + releaseLine).slice(0, end)).printed).toBe('');
    }
  });

  it('tells the app its pid beside the entry that it was launched by', () => {
    const environment = new Map([
      ['PATH', '/usr/bin:/bin'],
      ['GIO_LAUNCHED_DESKTOP_FILE', '/usr/share/applications/a.desktop'],
    ]);
    const argv = ['sh', '-c', 'test $GIO_LAUNCHED_DESKTOP_FILE_PID = $$ && echo same'];
    const { printed } = runGate(shell, gateScript({ argv, environment, workingDirectory: '/' }) + releaseLine);
    expect(printed).toBe('same\n');
  });

  it('ends with 126 when the folder is gone', () => {
    const script = gateScript({
      argv: ['/bin/echo', 'escaped'],
      environment: new Map(),
      workingDirectory: '/nonexistent',
    });
    expect(runGate(shell, script + releaseLine)).toEqual({ status: 126, printed: '' });
  });
});

describe('what a gate becomes', () => {
  const plan = (argv: readonly string[], variables: Record<string, string>) =>
    gateScript({ argv, environment: new Map(Object.entries(variables)), workingDirectory: '/a b' });

  it('is the program itself, with its variables in the shell', () => {
    expect(plan(['app', "it's"], { A_1: 'x\ny', _b: '' })).toBe(
      "{\ncd '/a b' || exit 126\nunset OLDPWD\nexport A_1='x\ny'\nexport _b=''\ngo() { exec 'app' 'it'\\''s' </dev/null; }\n}\n",
    );
  });

  it.each([
    ['a name with a dot', ['app'], { 'a.b': '1', C: '2' }, "exec '/usr/bin/env' '--' 'a.b=1' 'app' <"],
    ['a name that begins with a digit', ['app'], { '1A': '1' }, "exec '/usr/bin/env' '--' '1A=1' 'app' <"],
    [
      'a name in the shape of an exported function',
      ['app'],
      { 'B%%': '1' },
      "exec '/usr/bin/env' '--' 'B%%=1' 'app' <",
    ],
    ['a name that the shell keeps for itself', ['app'], { OPTIND: '1' }, "exec '/usr/bin/env' '--' 'OPTIND=1' 'app' <"],
    ['a program like an option', ['-app', 'a'], {}, "exec '/usr/bin/env' '--' '-app' 'a' <"],
    ['a program that only ends so', ['app-'], {}, "exec 'app-' <"],
    // env(1) would take it for a variable.
    ['a program with "="', ['/a=b'], { 'a.b': '1' }, "exec '/a=b' <"],
    ['a program with "=" like an option', ['-a=b'], {}, "exec '-a=b' <"],
  ])('goes through env(1) where it has to: %s', (_what, argv, variables, line) => {
    expect(plan(argv, variables)).toContain(line);
  });

  it('exports what the shell can hold, and that alone', () => {
    const text = plan(['app'], { A: '1', 'a.b': '2', UID: '3', GIO_LAUNCHED_DESKTOP_FILE: '/x' });
    expect(text.match(/^export .*$/gm)).toEqual([
      "export A='1'",
      "export GIO_LAUNCHED_DESKTOP_FILE='/x'",
      'export GIO_LAUNCHED_DESKTOP_FILE_PID=$$',
    ]);
  });
});
