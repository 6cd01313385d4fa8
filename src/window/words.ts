import Gettext from 'gettext';

const words = Gettext.domain('ringfence');

/** A text in the user's language. */
export function translate(text: string): string {
  return words.gettext(text);
}

/** A text for a number of things. */
export function translatePlural(one: string, many: string, count: number): string {
  return words.ngettext(one, many, count);
}

/** Fills in what stands in braces: `fill(_('{use} of {limit}'), { use, limit })`, so that translators see the whole. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
