import { beforeEach, describe, expect, it } from 'vitest';
import { openSecretButtons, type SecretButtons } from '../../../src/daemon/secret-buttons.ts';
import type { Notice } from '../../../src/watch/pure/limit-notice.ts';

const notice: Notice = {
  ...{ summary: 'a', body: 'b', desktopEntry: 'c', icon: 'd', isUrgent: false },
  buttons: [['do', 'Do It']],
};

describe('secret buttons', () => {
  let buttons: SecretButtons<string>;
  let shown: Notice[];
  const show = async (one: Notice) => shown.push(one);
  beforeEach(() => {
    let count = 0;
    shown = [];
    buttons = openSecretButtons('kind', () => {
      count += 1;
      return `secret${count}`;
    });
  });

  it('have a key of their own in each notice, and nothing else of it is changed', async () => {
    for (const about of ['one', 'two']) await buttons.show(notice, about, show);
    expect(shown).toEqual([
      { ...notice, buttons: [['kind-secret1', 'Do It']] },
      { ...notice, buttons: [['kind-secret2', 'Do It']] },
    ]);
  });

  it('are pressed by their own key, once', async () => {
    for (const about of ['one', 'two']) await buttons.show(notice, about, show);
    for (const key of ['do', 'kind', 'kind-secret1', '']) expect(buttons.pressed(2, key)).toBeUndefined();
    expect(buttons.pressed(3, 'kind-secret2')).toBeUndefined();
    expect(buttons.pressed(2, 'kind-secret2')).toBe('two');
    expect(buttons.pressed(2, 'kind-secret2')).toBeUndefined();
    expect(buttons.pressed(1, 'kind-secret1')).toBe('one');
  });

  it('do nothing once their notice is closed, or has given way', async () => {
    for (const about of ['one', 'two']) await buttons.show(notice, about, show);
    buttons.closed(1);
    expect(buttons.pressed(1, 'kind-secret1')).toBeUndefined();
    expect(buttons.giveWay((about) => about === 'one')).toBeUndefined();
    expect(buttons.giveWay((about) => about === 'two')).toBe(2);
    expect(buttons.pressed(2, 'kind-secret2')).toBeUndefined();
  });

  it('are not there where the notice has none, or is not shown', async () => {
    await buttons.show({ ...notice, buttons: [] }, 'one', show);
    expect(buttons.giveWay(() => true)).toBeUndefined();
    const nobody = () => Promise.reject(new Error('nobody'));
    await expect(buttons.show(notice, 'two', nobody)).rejects.toThrow('nobody');
    expect(buttons.giveWay(() => true)).toBeUndefined();
  });
});
