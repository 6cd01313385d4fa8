import { describe, expect, it } from 'vitest';
import { matchesSignal, matchRule } from '../../../../src/platform/dbus/match-rule.ts';

const match = { sender: 'org.example.A', interface: 'org.example.A' };

describe('matchRule', () => {
  it('quotes as the bus reads it', () => {
    expect(matchRule({ ...match, member: 'B', path: '/c', arg0: "it's" })).toBe(
      String.raw`type='signal',sender='org.example.A',interface='org.example.A',member='B',path='/c',arg0='it'\''s'`,
    );
  });

  it('has no namespace for all paths', () => {
    expect(matchRule({ ...match, pathNamespace: '/' })).not.toContain('path');
    expect(matchRule({ ...match, pathNamespace: '/a' })).toContain("path_namespace='/a'");
  });

  it.each([{ sender: "a.b'" }, { interface: 'a' }, { member: 'a b' }, { path: '/a/' }, { pathNamespace: '' }])(
    'refuses %j',
    (more) => {
      expect(() => matchRule({ ...match, ...more })).toThrow(TypeError);
    },
  );

  it.each([
    [{ sender: 'a' }, 'invalid sender in a match: "a"'],
    [{ interface: 'a' }, 'invalid interface in a match: "a"'],
    [{ member: 'a.b' }, 'invalid member in a match: "a.b"'],
    [{ path: 'a' }, 'invalid path in a match: "a"'],
    [{ pathNamespace: 'a' }, 'invalid path namespace in a match: "a"'],
  ])('says of %j what is wrong', (more, message) => {
    expect(() => matchRule({ ...match, ...more })).toThrow(message);
  });
});

describe('matchesSignal', () => {
  const signal = { path: '/a/b', interface: 'org.example.A', member: 'B' };

  it.each([
    [{}, true],
    [{ member: 'B', path: '/a/b', arg0: 'x' }, true],
    [{ pathNamespace: '/' }, true],
    [{ pathNamespace: '/a' }, true],
    [{ pathNamespace: '/a/b' }, true],
    [{ pathNamespace: '/a/b/c' }, false],
    [{ pathNamespace: '/a/bc' }, false],
    [{ pathNamespace: '/a/' }, false],
    [{ path: '/a' }, false],
    [{ member: 'C' }, false],
    [{ interface: 'org.example.B' }, false],
    [{ arg0: 'y' }, false],
  ])('with %j is %s', (more, expected) => {
    expect(matchesSignal({ ...match, ...more }, signal, () => 'x')).toBe(expected);
  });

  it('finds no signal without a path in a namespace', () => {
    expect(matchesSignal({ ...match, pathNamespace: '/a' }, { ...signal, path: undefined }, () => 'x')).toBe(false);
  });

  it('has the first argument decoded only where it counts', () => {
    const never = () => {
      throw new Error('decoded');
    };
    expect(matchesSignal(match, signal, never)).toBe(true);
    expect(matchesSignal({ ...match, arg0: 'x', member: 'C' }, signal, never)).toBe(false);
  });
});
