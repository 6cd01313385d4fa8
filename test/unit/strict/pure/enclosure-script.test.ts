import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { enclosureGoLine, enclosureOps, enclosureRefusal } from '../../../../src/strict/pure/enclosure-script.ts';
import { judgeDescriptors } from '../../../../src/strict/pure/evidence.ts';
import type { SandboxOp } from '../../../../src/strict/pure/model.ts';

const ops: SandboxOp[] = [
  { op: 'ro-bind', source: '/', target: '/' },
  { op: 'unsetenv', name: 'SSH_AUTH_SOCK' },
  { op: 'setenv', name: 'ADDRESS', value: "unix:path=/run/it's here;$(id)" },
];

describe('an enclosure', () => {
  it('keeps the environment from bubblewrap', () => {
    expect(enclosureOps(ops)).toEqual([{ op: 'ro-bind', source: '/', target: '/' }]);
  });

  it('is released by one line of words for env(1), which a shell reads as they are', () => {
    const line = enclosureGoLine(ops);
    expect(line).toMatch(/^go [^\n]+\n$/);
    expect(Buffer.byteLength(line)).toBeLessThan(4096);
    const script = `read -r go; eval "env \${go#go } env -0"`;
    const environment = { PATH: process.env['PATH'], SSH_AUTH_SOCK: '/x', KEPT: 'y' };
    const text = execFileSync('sh', ['-c', script], { input: line, env: environment, encoding: 'utf8' });
    const pairs = text.split('\0');
    expect(pairs).toContain("ADDRESS=unix:path=/run/it's here;$(id)");
    expect(pairs).toContain('KEPT=y');
    expect(text).not.toContain('SSH_AUTH_SOCK');
  });

  it('is refused by one line that fits into a pipe at once, whatever the message', () => {
    expect(enclosureRefusal(5, 'cannot do\nit')).toBe('5 cannot do it\n');
    expect(Buffer.byteLength(enclosureRefusal(5, '日'.repeat(5000)))).toBeLessThan(4096);
  });

  it('has nothing open but what the gate has', () => {
    const open = (numbers: Record<number, boolean>) =>
      judgeDescriptors(
        new Map(Object.entries(numbers).map(([number, isFolder]) => [Number(number), { target: '/x', isFolder }])),
      )?.part;
    expect(open({ 0: false, 1: false, 2: false, 5: false, 6: false, 7: false })).toBeUndefined();
    expect(open({ 0: false, 8: false })).toBe('file system');
    expect(open({ 0: true })).toBe('file system');
    expect(open({ 5: true })).toBe('file system');
  });
});
