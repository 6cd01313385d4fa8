import Gettext from 'gettext';

const words = Gettext.domain('ringfence');

/** A text in the user's language. */
export function translate(text: string): string {
  return words.gettext(text);
}
