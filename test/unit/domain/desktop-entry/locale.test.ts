import { describe, expect, it } from 'vitest';
import { localesOf, localeVariants } from '../../../../src/domain/desktop-entry/locale.ts';

describe('localeVariants', () => {
  it.each([
    ['de', ['de']],
    ['de_AT', ['de_AT', 'de']],
    ['de@euro', ['de@euro', 'de']],
    ['de_AT@euro', ['de_AT@euro', 'de@euro', 'de_AT', 'de']],
    ['de.UTF-8', ['de.UTF-8', 'de']],
    ['de_AT.UTF-8', ['de_AT.UTF-8', 'de.UTF-8', 'de_AT', 'de']],
    [
      'sr_RS.UTF-8@latin',
      [
        ...['sr_RS.UTF-8@latin', 'sr.UTF-8@latin', 'sr_RS@latin', 'sr@latin'],
        ...['sr_RS.UTF-8', 'sr.UTF-8', 'sr_RS', 'sr'],
      ],
    ],
    ['', ['']],
    ['de@a@b', ['de@a@b', 'de']],
    ['a\nb@c\nd', ['a\nb@c\nd']],
  ])('of %j are %j', (locale, variants) => expect(localeVariants(locale)).toEqual(variants));
});

describe('localesOf', () => {
  it.each([
    [{}, []],
    [{ LANG: 'C' }, []],
    [{ LANG: 'POSIX' }, []],
    [{ LANG: 'C', LANGUAGE: 'de' }, []],
    [{ LANG: 'de_AT' }, ['de_AT', 'de']],
    [{ LANG: 'de', LC_MESSAGES: 'fr' }, ['fr']],
    [{ LANG: 'de', LC_MESSAGES: 'fr', LC_ALL: 'it' }, ['it']],
    [{ LANG: 'de', LC_MESSAGES: '', LC_ALL: '' }, ['de']],
    [{ LANG: 'en', LANGUAGE: 'de_AT::fr:de' }, ['de_AT', 'de', 'fr']],
    [{ LANG: 'en', LANGUAGE: '' }, ['en']],
    [{ LANG: 'C.UTF-8' }, ['C.UTF-8']],
    [{ LANG: 'en', LANGUAGE: 'C:de' }, ['de']],
  ])('of %j are %j', (environment, locales) => expect(localesOf(environment)).toEqual(locales));
});
