import { describe, expect, it } from 'vitest';
import { isBusName, isInterfaceName, isMemberName, isObjectPath } from '../../../../src/platform/dbus/names.ts';

// D-Bus specification, "Message Protocol": "Valid Object Paths" and "Valid Names".
const longest = `a.${'b'.repeat(253)}`;

describe('names on the bus', () => {
  it.each<[string, (name: string) => boolean, string[], string[]]>([
    ['object path', isObjectPath, ['/', '/a', '/a_1/B', '/1'], ['', 'a', '/a/', '//', '/a//b', '/a-b', '/ä', '/a\n']],
    ['member', isMemberName, ['A', '_a1', 'b'.repeat(255)], ['', '1a', 'a.b', 'a-b', 'a\n', 'b'.repeat(256)]],
    [
      'interface',
      isInterfaceName,
      ['a.b', '_a.B_1.c', longest],
      ['', 'a', '.a', 'a.', 'a..b', 'a.1b', 'a.b-c', ':1.2', 'a.b\n', `${longest}b`],
    ],
    [
      'bus name',
      isBusName,
      ['a.b', 'a-b._-c', '-a.b', ':1.42', ':a-1.0', longest],
      ['', 'a', 'a.1b', '1a.b', ':1', ':', '::1.2', 'a.b\n', ':1.2\n', `${longest}b`, `:1.${'2'.repeat(253)}`],
    ],
  ])('%s', (_what, isValid, good, bad) => {
    for (const name of good) expect(isValid(name), name).toBe(true);
    for (const name of bad) expect(isValid(name), name).toBe(false);
  });
});
