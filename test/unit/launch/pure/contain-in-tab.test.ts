import { describe, expect, it } from 'vitest';
import { containInTab } from '../../../../src/launch/pure/contain-in-tab.ts';

describe('containInTab', () => {
  const contained = (argv: string[], request: Record<string, string> = {}) =>
    containInTab([argv], 'htop.desktop', new Map(Object.entries(request)), '/usr/bin/ringfence-shell')?.[0];

  it('puts the command of a terminal with a server into a fence inside its tab', () => {
    expect(contained(['gnome-terminal', '--', 'htop', '-d', '5'])).toEqual([
      ...['gnome-terminal', '--', '/usr/bin/ringfence-shell', '--app=htop.desktop', '--', 'htop', '-d', '5'],
    ]);
    expect(contained(['xdg-terminal-exec', 'htop'])?.slice(0, 2)).toEqual([
      'xdg-terminal-exec',
      '/usr/bin/ringfence-shell',
    ]);
  });

  it('hands the profile and the limits of the request on, and nothing else', () => {
    const request = { profile: 'mine', 'memory-max': '1G', action: 'new', 'activation-token': 'x' };
    expect(contained(['kgx', '-e', 'htop'], request)?.slice(3, 6)).toEqual([
      '--app=htop.desktop',
      '--profile=mine',
      '--memory-max=1G',
    ]);
  });

  it('contains all of the processes of an entry, or none', () => {
    const argvs = (last: string) => [
      ['kgx', '-e', 'htop'],
      [last, '-e', 'htop'],
    ];
    expect(containInTab(argvs('tilix'), 'a', new Map(), '/s')).toEqual([
      ['kgx', '-e', '/s', '--app=a', '--', 'htop'],
      ['tilix', '-e', '/s', '--app=a', '--', 'htop'],
    ]);
    expect(containInTab(argvs('xterm'), 'a', new Map(), '/s')).toBeUndefined();
  });

  it.each([[['xterm', '-e', 'htop']], [['htop', '--', 'gnome-terminal']], [['gnome-terminal']]])(
    'leaves %j alone',
    (argv) => {
      expect(contained(argv)).toBeUndefined();
    },
  );
});
