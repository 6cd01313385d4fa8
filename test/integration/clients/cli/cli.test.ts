import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { errorTable } from '../../../../src/domain/errors.ts';

const program = fileURLToPath(new URL('../../../../dist/ringfence', import.meta.url));
const ask = (...args: string[]) => spawnSync(program, args, { encoding: 'utf8' });

describe('ringfence', () => {
  it('says which commands there are, and fails without one', () => {
    expect(ask().status).toBe(2);
    const { status, stdout } = ask('--help');
    expect(status).toBe(0);
    const codes = new Set(Object.values(errorTable).map(({ exitCode }) => exitCode));
    for (const code of codes) expect(stdout).toMatch(new RegExp(`\\b${code}\\s`));
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name = '']) => name);
    expect(commands).toEqual(
      expect.arrayContaining(['launch', 'run', 'list', 'show', 'stop', 'kill', 'status', 'enable']),
    );
    for (const name of commands) {
      const help = ask(name, '--help');
      expect(help).toMatchObject({ status: 0, stderr: '' });
      expect(help.stdout).toContain(`Usage: ringfence ${name}`);
      // That name of the registry is not ours: anybody may publish under it.
      expect(help.stdout).not.toContain('npx');
      expect(help.stdout.split('\n').filter((line) => line.length > 130)).toEqual([]);
    }
  });

  it('refuses what it does not know in one line, with exit code 2', () => {
    const refused: [string[], RegExp][] = [
      [['dance'], /^ringfence: "dance" .*--help.*\n$/],
      [['list', '--wat'], /^ringfence: [^\n]*--wat[^\n]*ringfence list[^\n]*\n$/],
      [['launch'], /^ringfence: cannot launch: .*app.*\n$/],
      [['stop', 'x', '--timeout', 'soon'], /^ringfence: [^\n]*"soon"[^\n]*\n$/],
    ];
    for (const [words, said] of refused) {
      const { status, stdout, stderr } = ask(...words);
      expect({ words, status, stdout }).toEqual({ words, status: 2, stdout: '' });
      expect(stderr).toMatch(said);
    }
  });

  it('ends quietly when its reader has seen enough', () => {
    const command = `for i in 1 2 3 4 5; do "${program}" --help; done | head -n 1`;
    const { stdout, stderr } = spawnSync('bash', ['-c', `(${command}); "${program}" --help >&-; true`], {
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/^Start any app in a fence of its own.*\n$/);
    expect(stderr).not.toContain('Error:');
  });

  it('works in a folder that was deleted', () => {
    const inGone = (words: string) => {
      const script = `cd "$(mktemp -d)" && rmdir "$PWD" && exec "${program}" ${words}`;
      return spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    };
    expect(inGone('--version')).toMatchObject({ status: 0, stderr: '' });
    expect(inGone('config check')).toMatchObject({ status: 0, stderr: '' });
  });

  it('is Unreachable, exit code 7, where there is no bus', () => {
    const { status, stderr } = spawnSync(program, ['list'], {
      encoding: 'utf8',
      env: { ...process.env, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' },
    });
    expect(status).toBe(7);
    expect(stderr).toMatch(/^ringfence: cannot .*; run it in your session, without sudo \(see "ringfence doctor"\)\n$/);
  });
});
