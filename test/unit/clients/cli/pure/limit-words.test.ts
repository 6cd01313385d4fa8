import { describe, expect, it } from 'vitest';
import { limitBehind, readLimitWords } from '../../../../../src/clients/cli/pure/limit-words.ts';

describe('limits of a command line', () => {
  it('stand behind the names', () =>
    expect(readLimitWords(['firefox', 'gedit', 'memory-max=6G', 'cpu-quota=50%'])).toEqual({
      names: ['firefox', 'gedit'],
      limits: new Map([
        ['memory-max', '6G'],
        ['cpu-quota', '50%'],
      ]),
    }));

  it('may be all there is, and have an equals sign in an id before them', () =>
    expect(readLimitWords(['a.b=c', 'tasks-max=5'])).toEqual({
      names: ['a.b=c'],
      limits: new Map([['tasks-max', '5']]),
    }));

  it.each([
    [['firefox'], 'InvalidArgument', /^cannot set: no limit given; for example memory-max=6G$/],
    [[], 'InvalidArgument', /^cannot set: no limit given; for example memory-max=6G$/],
    [['memory-max'], 'InvalidArgument', /for example memory-max=6G$/],
    [['memory-max', 'x', 'y'], 'InvalidArgument', /for example memory-max=6G$/],
    [
      ['x', 'zzzzzz=1'],
      'InvalidArgument',
      /^cannot set: unknown limit "zzzzzz" \(known: memory-max, memory-high, memory-swap-max, /,
    ],
    [['Memory=1'], 'InvalidArgument', /no limit given/],
    [['firefox', 'memory-max', '6G'], 'InvalidArgument', /write memory-max=6G/],
    [['firefox', 'memory-max=6G', 'gedit'], 'InvalidArgument', /expected LIMIT=VALUE, not "gedit"/],
    [['firefox', 'memory-mx=6G'], 'InvalidArgument', /did you mean memory-max\?/],
    [['firefox', 'tasks-max=5', 'tasks-max=6'], 'InvalidArgument', /given twice/],
    [['firefox', 'memory-max=much'], 'InvalidLimit', /expected bytes/],
    [['firefox', 'memory-max='], 'InvalidLimit', /expected bytes/],
  ])('%j is refused', (words, code, message) => {
    expect(() => readLimitWords(words)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

it.each([
  [['sleep', '600', '--memory-max', '1G'], '--memory-max'],
  [['sleep', '600', '--cpu-quota=50%'], '--cpu-quota'],
  [['--memory-max', '1G'], undefined],
  [['sleep', '600', '--memory', '1G', 'memory-max'], undefined],
  [['ringfence', 'run', '--memory-max', '1G', 'sleep', '600'], undefined],
  [['/usr/bin/ringfence-shell', '--memory-max', '1G'], undefined],
  [['env', 'ringfence-shell', '--memory-max', '1G', '--', 'sleep', '600'], undefined],
  [[], undefined],
])('a limit behind the command %j is the command’s own: %j', (argv, found) => {
  expect(limitBehind(argv)).toBe(found);
});
