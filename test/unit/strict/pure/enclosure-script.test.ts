import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { enclosureGoLine, enclosureRefusal } from '../../../../src/strict/pure/enclosure-script.ts';
import { judgeDescriptors } from '../../../../src/strict/pure/evidence.ts';

const change = {
  unset: ['SSH_AUTH_SOCK'],
  set: new Map([['ADDRESS', "unix:path=/run/it's here;$(id)"]]),
};

describe('an enclosure', () => {
  it('is released by one line of words for env(1), which a shell reads as they are', () => {
    const line = enclosureGoLine(change);
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

  it('has nothing open but what the gate has, and no file', () => {
    const open = (numbers: Record<number, 'folder' | 'file' | 'other'>) =>
      judgeDescriptors(
        new Map(Object.entries(numbers).map(([number, kind]) => [Number(number), { target: '/x', kind }])),
      )?.part;
    expect(open({ 0: 'other', 1: 'other', 2: 'other', 5: 'other', 6: 'file', 7: 'other' })).toBeUndefined();
    expect(open({ 0: 'other', 8: 'other' })).toBe('file system');
    for (const number of [0, 1, 2, 5, 7]) {
      expect(open({ [number]: 'folder' })).toBe('file system');
      expect(open({ [number]: 'file' })).toBe('file system');
    }
    expect(open({ 6: 'folder' })).toBe('file system');
  });
});
