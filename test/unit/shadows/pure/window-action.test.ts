import { expect, it } from 'vitest';
import { expandExec } from '../../../../src/domain/desktop-entry/exec-line.ts';
import { parseDesktopEntry } from '../../../../src/domain/desktop-entry/parse.ts';
import { windowActionGroup, windowActionId } from '../../../../src/shadows/pure/window-action.ts';

const group = 'Desktop Action ringfence-window';

it('opens the page of the app, by its name in the text format of GVariant', () => {
  expect(windowActionId).toBe('ringfence-window');
  expect(windowActionGroup('firefox.desktop')).toBe(
    [
      '[Desktop Action ringfence-window]',
      'Name=Ringfence…',
      'Icon=org.ringfence.Ringfence',
      `Exec=gapplication action org.ringfence.Ringfence show-app "'firefox.desktop'"`,
      '',
    ].join('\n'),
  );
});

it.each([
  ["it's.desktop", "'it\\'s.desktop'"],
  ['a\\b.desktop', "'a\\\\b.desktop'"],
  ['50% $HOME.desktop', "'50% $HOME.desktop'"],
])('opens that of %s too', (id, parameter) => {
  const exec = parseDesktopEntry(windowActionGroup(id)).get(group, 'Exec') ?? '';
  expect(expandExec(exec, { uris: [] })).toEqual([
    ['gapplication', 'action', 'org.ringfence.Ringfence', 'show-app', parameter],
  ]);
});
