import type { Notice } from '../watch/pure/limit-notice.ts';

/**
 * The buttons of notices of one kind, and what they are about: each has a key that nobody can guess, as an app may put a notice of its own in
 * the place of one. What is pressed counts once.
 */
export interface SecretButtons<About> {
  /** Shows a notice by `show`, its buttons with a key; a notice without any is only shown. @throws as `show` */
  show(notice: Notice, about: About, show: (notice: Notice) => Promise<number>): Promise<void>;
  /** What the button of this notice is about; undefined for any other key, and from then on. */
  pressed(number: number, key: string): About | undefined;
  /** The number of the notice about this, whose button does nothing from now on. */
  giveWay(is: (about: About) => boolean): number | undefined;
  closed(number: number): void;
}

/** `kind`: what keys begin with. `secret`: a word that nobody can guess. */
export function openSecretButtons<About>(kind: string, secret: () => string): SecretButtons<About> {
  const shown = new Map<number, { readonly key: string; readonly about: About }>();
  return {
    async show(notice, about, show) {
      const key = `${kind}-${secret()}`;
      const buttons = notice.buttons.map(([, label]) => [key, label] as const);
      const number = await show({ ...notice, buttons });
      if (buttons.length > 0) shown.set(number, { key, about });
    },

    pressed(number, key) {
      const told = shown.get(number);
      if (told?.key !== key) return undefined;
      shown.delete(number);
      return told.about;
    },

    giveWay(is) {
      const [number] = [...shown].find(([, { about }]) => is(about)) ?? [];
      if (number !== undefined) shown.delete(number);
      return number;
    },

    closed: (number) => void shown.delete(number),
  };
}
