import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRingfenceError } from '../../../../src/domain/errors.ts';
import { checkListSize, parseLaunchOptions } from '../../../../src/launch/pure/launch-options.ts';

const parse = (options: Record<string, string>, kind: 'launch' | 'run' = 'launch') =>
  parseLaunchOptions(kind, 'launch foo', new Map(Object.entries(options)));

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    return isRingfenceError(error) ? error.code : String(error);
  }
}

describe('launch options', () => {
  it('reads all of them', () => {
    const options = parse({
      action: 'new-window',
      profile: 'browser',
      'activation-token': 'gnome-shell/Firefox/1-2_TIME3',
      'working-directory': '/home/u/a b',
      'request-id': '17-42.5',
      'memory-max': '4G',
      'cpu-quota': '300%',
    });
    expect(options).toMatchObject({
      action: 'new-window',
      profile: 'browser',
      activationToken: 'gnome-shell/Firefox/1-2_TIME3',
      workingDirectory: '/home/u/a b',
      requestId: '17-42.5',
    });
    expect([...options.limits.keys()]).toEqual(['memory-max', 'cpu-quota']);
  });

  it('leaves out what was not given', () => {
    expect(parse({ 'activation-token': '' })).toEqual({ limits: new Map() });
  });

  it.each<[Record<string, string>, string]>([
    [{ 'memroy-max': '1G' }, 'UnknownOption'],
    [{ MemoryMax: '1G' }, 'UnknownOption'],
    [{ ExecStartPre: '/bin/sh' }, 'UnknownOption'],
    [{ constructor: 'x' }, 'UnknownOption'],
    [{ '': 'x' }, 'UnknownOption'],
    [{ 'memory-max': '0' }, 'InvalidLimit'],
    [{ 'memory-max': '1G\0' }, 'InvalidArgument'],
    [{ 'working-directory': 'src' }, 'InvalidArgument'],
    [{ 'working-directory': '' }, 'InvalidArgument'],
    [{ 'working-directory': '/a\0b' }, 'InvalidArgument'],
    [{ 'working-directory': `/${'a'.repeat(131_072)}` }, 'InvalidArgument'],
    [{ profile: '' }, 'InvalidArgument'],
    [{ action: '' }, 'InvalidArgument'],
    [{ 'activation-token': 'a'.repeat(1025) }, 'InvalidArgument'],
    [{ 'activation-token': 'a\nb' }, 'InvalidArgument'],
    [{ 'request-id': '' }, 'InvalidArgument'],
    [{ 'request-id': 'a\nb' }, 'InvalidArgument'],
    [{ 'request-id': 'a'.repeat(256) }, 'InvalidArgument'],
  ])('%j is refused as %s', (options, code) => {
    expect(codeOf(() => parse(options))).toBe(code);
  });

  it('names the unknown key, the near one and the known ones', () => {
    expect(() => parse({ 'memroy-max': '1G' })).toThrow(
      /^cannot launch foo: unknown option "memroy-max" \(did you mean memory-max\? known: action, .*tasks-max\)$/,
    );
  });

  it('knows no action for a command', () => {
    expect(codeOf(() => parse({ action: 'x' }, 'run'))).toBe('UnknownOption');
  });

  it('takes any options without anything but its own errors', () => {
    const keys = fc.oneof(
      fc.string(),
      fc.constantFrom('action', 'profile', 'working-directory', 'memory-max', '__proto__'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(keys, fc.string())), (entries) => {
        const code = codeOf(() => parseLaunchOptions('launch', 'launch x', new Map(entries)));
        expect(['accepted', 'UnknownOption', 'InvalidArgument', 'InvalidLimit']).toContain(code);
      }),
    );
  });
});

describe('the size of lists', () => {
  const check = (list: string[]) => codeOf(() => checkListSize('launch gedit', 'files', list));

  it('takes what execve takes', () => {
    expect(check([])).toBe('accepted');
    expect(check(['a'.repeat(131_071)])).toBe('accepted');
    expect(check(Array.from({ length: 1024 }, () => 'a'.repeat(1023)))).toBe('accepted');
  });

  it('counts bytes', () => {
    expect(check(['a'.repeat(131_072)])).toBe('InvalidArgument');
    expect(check(['ä'.repeat(65_536)])).toBe('InvalidArgument');
    expect(check([...Array.from({ length: 1024 }, () => 'a'.repeat(1023)), ''])).toBe('InvalidArgument');
    expect(check(['a\0'])).toBe('InvalidArgument');
  });

  it('says how much it was', () => {
    const list = Array.from({ length: 1229 }, () => 'a'.repeat(1023));
    expect(() => checkListSize('launch gedit', 'files', list)).toThrow(
      'cannot launch gedit: the list of files is too long (1.2 MB; at most 1 MB)',
    );
  });
});
