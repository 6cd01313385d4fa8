/**
 * The keys' locales to try for one locale name, best first: `de_AT@euro` gives de_AT@euro, de@euro, de_AT, de.
 * An encoding (`.UTF-8`) is tried where it is named, as GLib does. Where GLib and the specification differ
 * (the modifier counts more than the country: sr_RS@latin takes sr@latin before sr_RS), this follows GLib.
 */
export function localeVariants(locale: string): string[] {
  const parts = /^([^_.@]*)(_[^.@]*)?(\.[^@]*)?(@.*)?$/.exec(locale);
  if (parts === null) return [locale];
  const [, language = '', territory = '', codeset = '', modifier = ''] = parts;
  const variants = new Set<string>();
  for (const withModifier of [modifier, '']) {
    for (const withCodeset of [codeset, '']) {
      for (const withTerritory of [territory, '']) variants.add(language + withTerritory + withCodeset + withModifier);
    }
  }
  return [...variants];
}

/**
 * The user's languages in order of preference, from an environment (g_get_language_names of GLib: LANGUAGE, LC_ALL,
 * LC_MESSAGES, LANG). LANGUAGE counts for nothing in the C locale. Empty when untranslated text is asked for.
 */
export function localesOf(environment: Readonly<Record<string, string | undefined>>): string[] {
  const base = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || 'C';
  if (base === 'C' || base === 'POSIX') return [];
  const names = (environment['LANGUAGE'] || base).split(':').filter((name) => name !== '');
  return [...new Set(names.flatMap(localeVariants))].filter((name) => name !== 'C');
}
