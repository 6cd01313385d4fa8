import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initScript, startName } from '../../../../src/strict/pure/init-script.ts';
import { doorFolder } from '../../../../src/strict/pure/plan.ts';

let door: string;
beforeEach(() => {
  door = mkdtempSync(join(tmpdir(), 'ringfence-init-'));
  execFileSync('mkfifo', [join(door, 'go'), join(door, 'told')]);
});
afterEach(() => rmSync(door, { recursive: true }));

/** What the sandbox's init did with these starts, each a script that may write to "$out" and to the pipe "$go". */
function run(scripts: Readonly<Record<string, string>>, starts: readonly string[]) {
  const [go, out] = [join(door, 'go'), join(door, 'out')];
  writeFileSync(out, '');
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(door, name), `go=${go} out=${out}\n${script}\n`);
  }
  const script = initScript(starts).replace(`door=${doorFolder}`, `door=${door}`);
  // With all that it has begun, which a script that is wrong might leave behind.
  const { status } = spawnSync('timeout', ['-s', 'KILL', '20', '/bin/sh'], { input: script });
  return { status, lines: readFileSync(out, 'utf8').split('\n').filter(Boolean) };
}

describe('the init of a sandbox', () => {
  it('ends as the first start has ended, when none is left', () => {
    expect(run({ 0: 'echo zero >>$out; exit 3' }, ['0'])).toEqual({ status: 3, lines: ['zero'] });
    expect(run({ 0: 'exit 0', a1: 'echo one >>$out; exit 5' }, ['0', 'a1'])).toEqual({ status: 0, lines: ['one'] });
  });

  it('begins what it is told, once, and what it has begun already not again', () => {
    const scripts = {
      0: 'for name in b2 a1 b2; do echo "start $name" >$go; done; echo zero >>$out; exit 4',
      a1: 'echo one >>$out',
      b2: 'echo two >>$out',
    };
    const { status, lines } = run(scripts, ['0', 'a1']);
    expect(status).toBe(4);
    expect(lines.sort()).toEqual(['one', 'two', 'zero']);
  });

  it('begins nothing by a name that is none, and minds no other words', () => {
    const scripts = {
      0: 'for line in "start ../x" "start G" "start" "stop b2" "ended x 9" ""; do echo "$line" >$go; done; exit 6',
      b2: 'echo two >>$out',
      G: 'echo G >>$out',
    };
    expect(run(scripts, ['0'])).toEqual({ status: 6, lines: [] });
  });

  it('goes on without a start that is not there', () => {
    expect(run({ 0: 'echo "start c3" >$go; exit 7' }, ['0']).status).toBe(7);
  });

  it('is nothing that a shell runs where its text was cut', () => {
    const lines = initScript(['0']).split('\n');
    for (let count = 1; count < lines.length - 2; count += 1) {
      const { status } = spawnSync('/bin/sh', ['-n'], { input: `${lines.slice(0, count).join('\n')}\n` });
      expect(status, lines[count - 1]).not.toBe(0);
    }
    expect(spawnSync('/bin/sh', ['-n'], { input: initScript(['0', 'a1']) }).status).toBe(0);
  });
});

it.each([
  ['0', true],
  ['0123456789abcdef'.repeat(2), true],
  ['0'.repeat(33), false],
  ['', false],
  ['A', false],
  ['g', false],
  ['../0', false],
  ['0\n', false],
])('%j is a name of a start: %s', (name, expected) => {
  expect(startName.test(name)).toBe(expected);
});
