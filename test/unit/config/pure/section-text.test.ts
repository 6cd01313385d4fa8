import { expect, it } from 'vitest';
import { parseSection } from '../../../../src/config/pure/section-text.ts';

it.each([
  ['', { kind: 'top' }],
  ['desktop', { kind: 'desktop' }],
  ['notifications', { kind: 'notifications' }],
  ['profile.browser', { kind: 'profile', name: 'browser' }],
  ['profile.a.desktop', { kind: 'profile', name: 'a.desktop' }],
  ['app.firefox', { kind: 'app', name: 'firefox' }],
  ['app.org.gnome.gedit.desktop', { kind: 'app', name: 'org.gnome.gedit' }],
  ['app.org.desktop.clock', { kind: 'app', name: 'org.desktop.clock' }],
  ['app.a\nb', { kind: 'app', name: 'a\nb' }],
])('reads %j', (text, section) => {
  expect(parseSection(text)).toEqual(section);
});

it.each(['app', 'app.', 'profile.', 'my.app.x', 'apps.x', 'Desktop', 'desktop.x'])('refuses %j', (text) => {
  expect(() => parseSection(text)).toThrow(
    expect.objectContaining({
      code: 'InvalidArgument',
      message: `cannot use the section "${text}": expected app.ID, profile.NAME, desktop or notifications`,
    }),
  );
});

it('shows no more than 60 characters of what it refuses', () => {
  expect(() => parseSection('x'.repeat(1000))).toThrow(`cannot use the section "${'x'.repeat(60)}": expected`);
});
