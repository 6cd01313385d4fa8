import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRingfenceError } from '../../../../src/domain/errors.ts';
import { checkListSize, parseLaunchOptions } from '../../../../src/launch/pure/launch-options.ts';

const parse = (options: Record<string, string>, kind: 'launch' | 'run' | 'contain' = 'launch') =>
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

  it('reads what only a command or a contained process may have', () => {
    expect(parse({ 'app-id': 'gedit.desktop', home: 'work' }, 'run')).toEqual({
      appId: 'gedit.desktop',
      home: 'work',
      limits: new Map(),
    });
    const contain = {
      name: 'build',
      alone: 'yes',
      enclosable: 'yes',
      terminal: 'yes',
      home: 'A.b_c-9',
      profile: 'strict',
    };
    const switches = { alone: true, enclosable: true, terminal: true };
    expect(parse(contain, 'contain')).toEqual({ ...contain, ...switches, limits: new Map() });
  });

  it.each([
    ['launch', ['app-id', 'home', 'name', 'alone', 'enclosable', 'terminal']],
    ['run', ['action', 'name', 'alone', 'enclosable', 'terminal']],
    ['contain', ['action', 'activation-token', 'working-directory', 'request-id']],
  ] as const)('does not take for %s what is another method’s', (kind, names) => {
    for (const name of names)
      expect([name, codeOf(() => parse({ [name]: 'yes' }, kind))]).toEqual([name, 'UnknownOption']);
  });

  it.each<[why: string, options: Record<string, string>, reason: string]>([
    ['NUL', { profile: 'a\0' }, 'option profile contains a NUL character'],
    ['nothing', { name: '' }, 'option name is empty'],
    ['a text of 128 KiB', { profile: 'a'.repeat(131_072) }, 'option profile is too long'],
    ['a name of 256 bytes', { name: 'ä'.repeat(128) }, 'option name is not a usable name'],
    ['a name with DEL', { name: 'a\x7f' }, 'option name is not a usable name'],
    ['a switch that is not "yes"', { alone: 'no' }, 'option alone must be "yes", not "no"'],
    ['another', { enclosable: 'true' }, 'option enclosable must be "yes", not "true"'],
    ['a home with a slash', { home: 'a/b' }, 'option home must be a name of letters, digits, . _ and -'],
    ['a home above', { home: '..' }, 'option home must be a name of letters, digits, . _ and -'],
    ['a hidden home', { home: '.a' }, 'option home must be a name of letters, digits, . _ and -'],
    ['a home of 65 letters', { home: 'a'.repeat(65) }, 'option home must be a name of letters, digits, . _ and -'],
    ['a home of two lines', { home: 'a\nb' }, 'option home must be a name of letters, digits, . _ and -'],
  ])('refuses %s in words', (_why, options, reason) => {
    expect(() => parse(options, 'contain')).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: `cannot launch foo: ${reason}` }),
    );
  });

  it.each<[why: string, options: Record<string, string>, reason: string]>([
    ['a token', { 'activation-token': 'a\nb' }, 'option activation-token is not a usable token'],
    ['an id', { 'request-id': '\t' }, 'option request-id is not a usable id'],
    ['a folder', { 'working-directory': 'src' }, 'option working-directory must be an absolute path, not "src"'],
  ])('says what is wrong with %s', (_why, options, reason) => {
    expect(() => parse(options)).toThrow(`cannot launch foo: ${reason}`);
  });

  it('takes the longest there may be', () => {
    expect(codeOf(() => parse({ 'request-id': 'a'.repeat(255), 'activation-token': 'a'.repeat(1024) }))).toBe(
      'accepted',
    );
    expect(codeOf(() => parse({ name: 'a b'.repeat(85), home: 'a'.repeat(64) }, 'contain'))).toBe('accepted');
    expect(codeOf(() => parse({ profile: 'a'.repeat(131_071) }))).toBe('accepted');
  });

  it('shows no more than 60 characters of an unknown key, and no guess where there is none', () => {
    const message = (key: string) => {
      try {
        parse({ [key]: '' });
      } catch (error) {
        return (error as Error).message.replace(/known: .*$/, '');
      }
      return undefined;
    };
    expect(message('x'.repeat(61))).toBe(`cannot launch foo: unknown option "${'x'.repeat(60)}…" (`);
    expect(message('x'.repeat(60))).toBe(`cannot launch foo: unknown option "${'x'.repeat(60)}" (`);
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

  it.each([
    ['a NUL', ['a\0'], 'the list of files contains a NUL character'],
    ['128 KiB', ['a'.repeat(131_072)], 'one of the files is too long (129 KiB; at most 128 KiB)'],
    ['more than a megabyte', ['a'.repeat(1_200_000)], 'one of the files is too long (1.1 MiB; at most 128 KiB)'],
  ])('says what is wrong with %s', (_, list, reason) => {
    expect(() => checkListSize('launch gedit', 'files', list)).toThrow(`cannot launch gedit: ${reason}`);
  });

  it('says how much it was', () => {
    const list = Array.from({ length: 1229 }, () => 'a'.repeat(1023));
    expect(() => checkListSize('launch gedit', 'files', list)).toThrow(
      'cannot launch gedit: the list of files is too long (1.2 MiB; at most 1 MiB)',
    );
  });
});
