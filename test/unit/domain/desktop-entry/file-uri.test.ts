import { describe, expect, it } from 'vitest';
import { expandExec } from '../../../../src/domain/desktop-entry/exec-line.ts';
import { fileOfUri, pathToOpen, uriOfPath } from '../../../../src/domain/desktop-entry/file-uri.ts';

describe('fileOfUri', () => {
  it.each([
    ['file:///srv/a', '/srv/a'],
    ['FILE:/srv/a', '/srv/a'],
    ['file://localhost/srv/a', '/srv/a'],
    ['file://a-b.example.org./srv/a', '/srv/a'],
    ['file://a.b-c9/x', '/x'],
    ['file:///srv/a%20b%C3%A9', '/srv/a bé'],
    ['file:///srv/a#part', '/srv/a'],
    ['file:///srv//a/./b/../c/', '/srv/a/c'],
    ['file:///../..', '/'],
    ['file:////srv/a', '//srv/a'],
    ['file://///srv/a', '/srv/a'],
    ['file:///', '/'],
    ['file:///a?b', '/a'],
    ['file:///a?b#c', '/a'],
    ['file:///a%3Fb?c', '/a?b'],
    ['file://host.example/a?b', '/a'],
  ])('%s names %s', (uri, path) => expect(fileOfUri(uri)).toEqual({ path }));

  it.each([
    'https://example.org/',
    'xfile:///a',
    'file:',
    'file:a',
    'file://host',
    'file://host#part',
    'file://host?a/b',
    'file:?/a',
    'file://',
    'file://9/a',
    'file://-a/x',
    'file://a-/x',
    'file://a..b/x',
    'file://a_b/x',
    'file://a b/x',
    'file:///a%2Fb',
    'file:///a%2fb',
    'file:///a%00b',
    'file:///a%',
    'file:///a%2',
    'file:///a%zz',
    'file:///a%2z',
  ])('%s names nothing', (uri) => expect(fileOfUri(uri)).toBeUndefined());

  it('says so where the name is no text', () => {
    expect(fileOfUri('file:///%FF')).toEqual({ path: undefined, reason: 'not-utf8' });
  });
});

it.each([
  ['/srv/a', 'file:///srv/a'],
  ['/a b?c#d?%é', 'file:///a%20b%3Fc%23d%3F%25%C3%A9'],
])('the URI of %s is %s', (path, uri) => {
  expect(uriOfPath(path)).toBe(uri);
  expect(fileOfUri(uri)).toEqual({ path });
});

it.each([
  'file:///srv/a?b',
  'file:///srv/a#b',
  'file:///srv/a?b#c',
  'file://host/srv/a',
  'file:/srv//a/../b',
  'FILE:///srv/a%20b',
  '/srv/a?b#c',
])('what is let in for %s is what the app is told', (uri) => {
  const path = pathToOpen(uri);
  for (const code of ['%f', '%F']) expect(expandExec(`app ${code}`, { uris: [uri] })).toEqual([['app', path]]);
  const [told = ''] = expandExec('app %u', { uris: [uri] })[0]?.slice(1) ?? [];
  expect(pathToOpen(told)).toBe(path);
});

it.each(['https://example.org/a', 'file:a', 'file:///%FF'])('nothing is let in for %s', (uri) => {
  expect(pathToOpen(uri)).toBeUndefined();
});
