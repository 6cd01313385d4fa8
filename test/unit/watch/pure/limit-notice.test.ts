import { describe, expect, it } from 'vitest';
import { limitNotice } from '../../../../src/watch/pure/limit-notice.ts';

const notice = (limit: string, details: Record<string, string>) =>
  limitNotice(limit, new Map(Object.entries({ name: 'Firefox', app: 'firefox.desktop', ...details })));

describe('what a user is told of a limit', () => {
  it('names the app, the limit and what died, and offers more', () => {
    const told = notice('memory-max', { value: String(6 * 2 ** 30), suggested: '8G', count: '1' });
    expect(told.summary).toBe('Firefox has reached its memory limit of 6 GiB');
    expect(told.body).toMatch(/^One of its processes was ended/);
    expect(told.desktopEntry).toBe('firefox');
    expect(told.buttons).toEqual([
      ['raise', 'Raise to 8 GiB'],
      ['restart', 'Restart'],
    ]);
    const summary = (bytes: bigint) => notice('memory-max', { value: String(bytes) }).summary.replace(/^.* of /, '');
    expect([2n ** 30n, 2n ** 30n - 2n ** 20n, 3n * 2n ** 29n].map(summary)).toEqual(['1 GiB', '1023 MiB', '1.5 GiB']);
    expect(notice('memory-max', { suggested: '12G' }).buttons[0]).toEqual(['raise', 'Raise to 12 GiB']);
    expect(notice('memory-max', { value: String(1536 * 2 ** 20), count: '3' }).body).toMatch(
      /^3 of its processes were/,
    );
  });

  it('does not blame the app’s own limit for what all together used', () => {
    const told = notice('memory-max', { value: String(6 * 2 ** 30), cause: 'others', count: '1' });
    expect(told.summary).toBe('There was no memory left for Firefox');
    expect(told.body).toMatch(/^All apps together, or this computer, had used it up\. One of its processes was ended/);
    expect(told.buttons).toEqual([['restart', 'Restart']]);
  });

  it('is of processes where these are what it has too many of', () => {
    const told = notice('tasks-max', { value: '4096', suggested: '8192' });
    expect(told.summary).toBe('Firefox has reached its limit of 4096 processes');
    expect(told.body).toBe('It is refused new processes and threads.');
    expect(told.buttons[0]).toEqual(['raise', 'Raise to 8192']);
    expect(notice('tasks-max', {}).summary).toBe('Firefox has reached its limit of all processes');
  });

  it('is of a quota that holds it back, where nothing was lost', () => {
    const told = notice('cpu-quota', { value: '50%', suggested: '100%', count: '29' });
    expect(told).toMatchObject({
      summary: 'Firefox is held back by its CPU limit of 50 % of a processor',
      isUrgent: false,
      body: 'For most of the last half minute it had to wait. It goes on, more slowly than it could.',
    });
    expect(told.buttons[0]).toEqual(['raise', 'Raise to 100 %']);
    expect(notice('cpu-quota', {}).summary).toBe('Firefox is held back by its CPU limit');
    expect(notice('memory-max', {}).isUrgent).toBe(true);
  });

  it('shows the app in the window, and with its own icon, where there is one', () => {
    const details = new Map([
      ['name', 'Firefox'],
      ['app', 'firefox.desktop'],
    ]);
    const told = limitNotice('tasks-max', details, { canShow: true, icon: '/opt/firefox.png' });
    expect(told).toMatchObject({
      icon: '/opt/firefox.png',
      buttons: [
        ['restart', 'Restart'],
        ['show', 'Show'],
      ],
    });
    expect(notice('tasks-max', {})).toMatchObject({ icon: 'firefox', buttons: [['restart', 'Restart']] });
    const command = limitNotice('tasks-max', new Map([['name', 'sh']]), { canShow: true });
    expect(command).toMatchObject({ icon: 'dialog-warning', buttons: [] });
  });

  it('offers nothing that cannot be had', () => {
    expect(notice('memory-max', { app: '', value: '65536' })).toMatchObject({ desktopEntry: '', buttons: [] });
    expect(notice('memory-max', {}).summary).toBe('Firefox has reached its memory limit');
  });
});
