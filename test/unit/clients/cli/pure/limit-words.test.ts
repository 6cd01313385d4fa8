import { describe, expect, it } from 'vitest';
import { readLimitWords } from '../../../../../src/clients/cli/pure/limit-words.ts';

describe('limits of a command line', () => {
  it('stand behind the names', () =>
    expect(readLimitWords(['firefox', 'gedit', 'memory-max=6G', 'cpu-quota=50%'])).toEqual({
      names: ['firefox', 'gedit'],
      limits: new Map([
        ['memory-max', '6G'],
        ['cpu-quota', '50%'],
      ]),
    }));

  it.each([
    [['firefox'], 'InvalidArgument', /no limit given; for example memory-max=6G/],
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
