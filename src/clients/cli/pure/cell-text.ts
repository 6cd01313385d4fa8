import { eastAsianWidth } from 'get-east-asian-width';
import { displayName } from '../../../domain/display-name.ts';

/**
 * A display name in a line with others: marks of direction in it are shown as U+FFFD, and right-to-left text gets one behind it that
 * keeps the numbers after it in their places (Unicode Annex 9, 4.3).
 */
export function printable(text: string): string {
  const harmless = displayName(text).replace(/[\u061c\u200e\u200f\ufeff]/g, '\ufffd');
  return rightToLeft.test(harmless) ? `${harmless}\u200e` : harmless;
}

/** How many columns of a terminal the text takes (Unicode Annex 11; a grapheme counts once). */
export function widthOf(text: string): number {
  // What most text is made of.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += widthOfGrapheme(segment);
  return width;
}

function widthOfGrapheme(grapheme: string): number {
  if (takesNoRoom.test(grapheme)) return 0;
  return emoji.test(grapheme) ? 2 : eastAsianWidth(grapheme.codePointAt(0) ?? 0);
}

/** Marks, controls and what is not shown, with nothing to stand on. */
const takesNoRoom = /^[\p{M}\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}]+$/u;
/** Drawn as a picture by itself, or told so by U+FE0F; flags are two letters (Unicode Technical Standard 51). */
const emoji = /^(?:\p{Emoji_Presentation}|\p{Emoji}\ufe0f|\p{RI}{2})/u;

/** The text in exactly so many columns: filled up with blanks, or cut between two graphemes and ended with "…". */
export function fitted(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = shortened(text, width);
  const blanks = ' '.repeat(Math.max(0, width - widthOf(cut)));
  return align === 'left' ? cut + blanks : blanks + cut;
}

/** The text in at most so many columns. */
export function shortened(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const step = widthOf(segment);
    if (used + step > width - 1) break;
    kept += segment;
    used += step;
  }
  return `${kept}…${rightToLeft.test(kept) ? '\u200e' : ''}`;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Letters that are written from right to left. */
const rightToLeft =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
