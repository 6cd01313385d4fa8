import { widthOf } from '../../pure/cell-text.ts';
import type { Line, Look } from './lines.ts';

/** ECMA-48, Select Graphic Rendition. What stands selected is told by ">" too, and a level by its number. */
const codes: Readonly<Record<Look, string>> = {
  bold: '1',
  dim: '2',
  title: '7',
  selected: '7;1',
  low: '32',
  high: '33',
  full: '31',
  bad: '31;1',
  good: '32',
};
/** With NO_COLOR: what a terminal without colours has too. */
const colourless: Readonly<Partial<Record<Look, string>>> = { bold: '1', title: '7', selected: '7', bad: '1' };

export type Paint = 'colours' | 'no-colours' | 'plain';

/**
 * A line for the terminal. Behind text whose width terminals do not agree on (emoji, for one) the cursor is put where it should be, so
 * that the columns stand in any case.
 */
export function painted(line: Line, paint: Paint): string {
  if (paint === 'plain')
    return line
      .map(({ text }) => text)
      .join('')
      .trimEnd();
  const table = paint === 'colours' ? codes : colourless;
  let column = 1;
  let isCertain = true;
  let text = '';
  for (const span of line) {
    if (!isCertain) text += `\x1b[${column}G`;
    const code = span.look === undefined ? undefined : table[span.look];
    text += code === undefined ? span.text : `\x1b[${code}m${span.text}\x1b[0m`;
    column += widthOf(span.text);
    isCertain = !/[^\x20-\x7e\u2500-\u259f…]/.test(span.text);
  }
  return text;
}
