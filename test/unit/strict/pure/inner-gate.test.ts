import { describe, expect, it } from 'vitest';
import {
  argsForDescriptor,
  findInnerProcess,
  parseInnerLine,
  sandboxedArgv,
} from '../../../../src/strict/pure/inner-gate.ts';

const status = (parent: number, ...pids: number[]): string =>
  `Name:\tx\nPPid:\t${parent}\nNSpid:\t${pids.join('\t')}\n`;

describe('findInnerProcess', () => {
  const scope = new Map([
    [53, status(42, 53)],
    [55, status(42, 55)],
    [56, status(55, 56, 1)],
    [57, status(56, 57, 2)],
  ]);

  it('follows the chain from the gate', () => {
    expect(findInnerProcess(scope, 55, 2)).toEqual({ pid: 57, initPid: 56 });
  });

  it('follows it where bubblewrap is a child of the process that waits', () => {
    expect(findInnerProcess(new Map([...scope, [42, status(1, 42)]]), 42, 2)).toEqual({ pid: 57, initPid: 56 });
  });

  it('does not take another gate’s process, another pid, or one outside', () => {
    expect(findInnerProcess(scope, 53, 2)).toBeUndefined();
    expect(findInnerProcess(scope, 55, 3)).toBeUndefined();
    expect(findInnerProcess(scope, 55, 55)).toBeUndefined();
    expect(findInnerProcess(new Map([...scope].filter(([pid]) => pid !== 56)), 55, 2)).toBeUndefined();
    expect(findInnerProcess(new Map([...scope, [57, 'gone']]), 55, 2)).toBeUndefined();
  });

  it('does not take a process whose parent is not the first of the same namespace', () => {
    const chain = (init: string) =>
      new Map([
        [56, init],
        [57, status(56, 57, 2)],
      ]);
    expect(findInnerProcess(chain(status(55, 56, 1)), 55, 2)).toEqual({ pid: 57, initPid: 56 });
    expect(findInnerProcess(chain(status(55, 56, 3)), 55, 2)).toBeUndefined();
    expect(findInnerProcess(chain(status(55, 56, 9, 1)), 55, 2)).toBeUndefined();
    // A process of the daemon's own namespace has one pid only, though it be the one that was told.
    expect(
      findInnerProcess(
        new Map([
          [55, status(42, 1)],
          [2, status(55, 2)],
        ]),
        42,
        2,
      ),
    ).toBeUndefined();
  });

  it('counts the namespaces that the daemon itself is in', () => {
    const nested = new Map([
      [56, status(55, 56, 20, 1)],
      [57, status(56, 57, 21, 2)],
    ]);
    expect(findInnerProcess(nested, 55, 2)).toEqual({ pid: 57, initPid: 56 });
  });
});

describe('parseInnerLine', () => {
  it.each([
    ['inner 2\n', 2],
    ['inner 2', 2],
    ['inner 4194304\n', 4_194_304],
    ['inner 12345678901\n', undefined],
    ['inner 2\ngo', undefined],
    ['an inner 2\n', undefined],
    ['inner -2', undefined],
    ['inner 2 3', undefined],
    ['outer 2', undefined],
    ['', undefined],
  ])('%j → %s', (line, pid) => {
    expect(parseInnerLine(line)).toBe(pid);
  });
});

it('puts the inner gate behind bubblewrap', () => {
  const argv = sandboxedArgv('/usr/bin/bwrap', 6);
  expect(argv.slice(0, 6)).toEqual(['/usr/bin/bwrap', '--args', '6', '--', '/bin/sh', '-c']);
  expect(argv.slice(7)).toEqual(['ringfence-gate']);
  expect(argsForDescriptor(['--dev', '/dev'])).toBe('--dev\0/dev\0');
});
