import { describe, expect, it } from 'vitest';
import { judgePathText, judgeVariableName } from '../../../../src/domain/config/path-text.ts';

describe('the text of a path', () => {
  it.each(['/', '/a b', '~/', '~/Music', '/a..b', '/.a', '/..a/b..', '/ä'])('may be %j', (text) => {
    expect(judgePathText(text)).toBeUndefined();
  });

  it.each([
    ['', 'it must begin with "/" or "~/"'],
    ['a', 'it must begin with "/" or "~/"'],
    ['~', 'it must begin with "/" or "~/"'],
    ['~ada/x', 'it must begin with "/" or "~/"'],
    ['x/', 'it must begin with "/" or "~/"'],
    ['/a\nb', 'it holds a line break or another control character'],
    ['/\t', 'it holds a line break or another control character'],
    ['/a\u007f', 'it holds a line break or another control character'],
    ['/a:b', 'it holds a ":"'],
    ['/a*', 'it holds a pattern ("*", "?", "["), and only plain paths are understood'],
    ['/a?', 'it holds a pattern ("*", "?", "["), and only plain paths are understood'],
    ['/[a', 'it holds a pattern ("*", "?", "["), and only plain paths are understood'],
    ['/a]', 'it holds a pattern ("*", "?", "["), and only plain paths are understood'],
    ['/..', 'it holds "." or ".."'],
    ['~/a/../b', 'it holds "." or ".."'],
    ['/a/.', 'it holds "." or ".."'],
  ])('may not be %j: %s', (text, reason) => {
    expect(judgePathText(text)).toBe(reason);
  });

  it('has at most 4095 bytes, which Linux takes (PATH_MAX with its NUL)', () => {
    const reason = 'it is longer than 4095 bytes';
    expect(judgePathText(`/${'a'.repeat(4094)}`)).toBeUndefined();
    expect(judgePathText(`/${'a'.repeat(4095)}`)).toBe(reason);
    expect(judgePathText(`/${'é'.repeat(2047)}`)).toBeUndefined();
    expect(judgePathText(`/${'é'.repeat(2048)}`)).toBe(reason);
  });
});

describe('the name of a variable', () => {
  it.each(['A', '_x1', 'GTK_MODULES2', 'HOMEX', 'XDG_RUNTIME_DIRS', 'MY_LD_PATH', 'OLD_HOME', 'LDX'])(
    'may be %s',
    (name) => {
      expect(judgeVariableName(name)).toBeUndefined();
    },
  );

  it.each(['', '1A', 'A-B', 'A=B', ' A', 'A\n', 'Ä'])('may not be %j', (name) => {
    expect(judgeVariableName(name)).toBe('it is not the name of a variable');
  });

  it.each(['LD_PRELOAD', 'DBUS_SESSION_BUS_ADDRESS', 'GIO_MODULE_DIR', 'GTK_MODULES', 'HOME', 'XDG_RUNTIME_DIR'])(
    'may not be %s, which strict sets itself',
    (name) => {
      expect(judgeVariableName(name)).toBe('strict sets or drops it itself');
    },
  );
});
