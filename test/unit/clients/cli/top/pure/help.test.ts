import { describe, expect, it } from 'vitest';
import {
  helpLines,
  helpRow,
  nameOfTarget,
  promptText,
  questionOf,
} from '../../../../../../src/clients/cli/top/pure/help.ts';
import { textOf } from '../../../../../../src/clients/cli/top/pure/lines.ts';

const one = { paths: ['/1'], name: 'firefox', all: false };
const three = { paths: ['/1', '/2', '/3'], name: 'firefox', all: true };

describe('the page of keys', () => {
  const page = (width: number) => helpLines(width).map(textOf);

  it('is a table where there is room', () => {
    expect(page(72)).toEqual([
      '  Up, Down, PgUp, PgDn  choose an app',
      '  Home, End             the first, or the last',
      '  c m t n a             sort by CPU, memory, tasks, name, age',
      '  r                     the other way round',
      '  s                     stop it, and kill what is left after 10 s',
      '  k, F9                 kill at once',
      '  f                     freeze, or let it go on',
      '  l                     change a limit until it ends: memory-max=6G',
      '  S K F L               the same, to all instances of an app',
      '  Ctrl-L                draw the screen anew',
      '  q, F10, Ctrl-C        quit',
    ]);
  });

  it('has each key in a paragraph of its own where there is less', () => {
    expect(page(71).slice(0, 4)).toEqual([
      'Up, Down, PgUp, PgDn: choose an app',
      'Home, End: the first, or the last',
      'c m t n a: sort by CPU, memory, tasks, name, age',
      'r: the other way round',
    ]);
    expect(page(20).slice(0, 6)).toEqual([
      'Up, Down, PgUp,',
      '  PgDn: choose an',
      '  app',
      'Home, End: the',
      '  first, or the last',
      'c m t n a: sort by',
    ]);
    // Just as wide as a line, and what is longer than one.
    expect(page(22)).toContain('r: the other way round');
    expect(page(21)).not.toContain('r: the other way round');
    for (const line of page(3)) expect(line.length).toBeLessThanOrEqual(3);
    expect(page(3).slice(0, 2)).toEqual(['Up,', '  …']);
  });
});

describe('the last line', () => {
  it('has as many keys as there is room for', () => {
    const all = 'q quit  ? help  s stop  k kill  f freeze  l limit  c m t n a sort  r reverse';
    expect(helpRow(false, all.length)).toBe(all);
    expect(helpRow(false, all.length - 1)).toBe('q quit  ? help  s stop  k kill  f freeze  l limit  c m t n a sort');
    expect(helpRow(false, 6)).toBe('q quit');
    expect(helpRow(false, 5)).toBe('');
    expect(helpRow(true, 5)).toBe('any key: back');
  });

  it('asks, and shortens the name', () => {
    expect(questionOf('stop', one, 80)).toBe('Stop firefox? y or n');
    expect(questionOf('kill', three, 80)).toBe('Kill all 3 of firefox? y or n');
    expect(questionOf('kill', one, 20)).toBe('Kill firefox? y or n');
    expect(questionOf('kill', one, 19)).toBe('Kill firef…? y or n');
  });

  it('has the end of what is typed at the prompt', () => {
    expect(promptText(one, 'tasks-max=5', 80)).toBe('Limit of firefox: tasks-max=5');
    expect(promptText({ ...one, name: 'org.gnome.TextEditor' }, '', 30)).toBe('Limit of org.gnome…: ');
    expect(promptText({ ...one, name: 'org.gnome.TextEditor' }, '', 12)).toBe('Limit of org.gno…: ');
    // Before the cursor there are 11 of 30 columns.
    expect(promptText(one, 'memory-max=', 30)).toBe('Limit of firefox: memory-max=');
    expect(promptText(one, 'memory-max=6', 30)).toBe('Limit of firefox: emory-max=6');
    expect(promptText(one, 'memory-max=6', 10)).toBe('Limit of firefox: ax=6');
  });

  it('says of how many', () => {
    expect(nameOfTarget(three)).toBe('all 3 of firefox');
    expect(nameOfTarget({ ...one, all: true })).toBe('firefox');
    expect(nameOfTarget({ ...three, all: false })).toBe('firefox');
  });
});
