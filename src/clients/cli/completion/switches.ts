import { switchKeys, switchWords } from '../../../domain/sandbox-choices.ts';

/** Keys that are true or false. */
export const trueOrFalseKeys: readonly string[] = switchKeys.filter((key) => switchWords(key) === undefined);

/** Those that are written as one of two words. */
export const wordedKeys: readonly { readonly key: string; readonly words: readonly string[] }[] = switchKeys.flatMap(
  (key) => {
    const words = switchWords(key);
    return words === undefined ? [] : [{ key, words }];
  },
);
