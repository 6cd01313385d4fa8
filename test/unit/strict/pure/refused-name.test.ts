import { expect, it } from 'vitest';
import { refusedName } from '../../../../src/strict/pure/refused-name.ts';

// As xdg-dbus-proxy 0.1.4 writes it.
const call = (number: number, member: string, destination = 'org.freedesktop.DBus') =>
  `C${number}: -> ${destination} call org.freedesktop.DBus.${member} at /org/freedesktop/DBus\n`;
const hello = [
  call(1, 'Hello'),
  'C2: -> org.freedesktop.DBus fake wildcarded AddMatch for org.a\n',
  'B1: <- org.freedesktop.DBus return from C1\n',
  '*SKIPPED*\n',
].join('');
const refusal = (name: string, policy = 3) => `Filtering message due to arg0 ${name}, policy: 0 (required ${policy})\n`;
const asked = (name: string) =>
  `${call(5, 'RequestName')}${refusal(name)}*HIDDEN* (ping)\nB6: <- (no sender) return from C5\n*REWRITTEN*\n`;

it.each([
  ['the name that was asked for', `${hello}${asked('org.example.App')}`, 'org.example.App'],
  ['the last of two', `${hello}${asked('org.example.One')}${asked('org.example.Two')}`, 'org.example.Two'],
  [
    'one whose owner was looked for and called',
    `${asked('org.example.App')}${call(6, 'GetNameOwner')}${refusal('org.example.App', 1)}${call(7, 'Raise', 'org.example.App')}*HIDDEN* (ping)\n`,
    'org.example.App',
  ],
  [
    'none where it went on',
    `${asked('org.example.App')}${call(6, 'Get', 'org.freedesktop.portal.Desktop')}`,
    undefined,
  ],
  ['none where it got what it asked for', `${hello}${call(5, 'RequestName')}`, undefined],
  ['none where it only looked', `${call(5, 'NameHasOwner')}${refusal('org.example.App', 1)}`, undefined],
  ['none where it gave one up', `${call(5, 'ReleaseName')}${refusal('org.example.App')}`, undefined],
  ['none that is no name', `${hello}${asked('<b>')}`, undefined],
  ['none of nothing', '', undefined],
])('finds %s', (_what, said, name) => expect(refusedName(said)).toBe(name));
