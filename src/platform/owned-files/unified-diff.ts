/**
 * A unified diff (POSIX diff -u, three lines of context) of two texts, empty when they are equal. `oldName` and `newName`
 * are "/dev/null" for a file that is not there.
 */
export function unifiedDiff(oldName: string, newName: string, oldText: string, newText: string): string {
  const before = splitLines(oldText);
  const after = splitLines(newText);
  const edits = compare(before, after);
  if (edits.every(({ sign }) => sign === ' ')) return '';
  return `--- ${oldName}\n+++ ${newName}\n${hunks(edits)}`;
}

interface Edit {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

const context = 3;

function splitLines(text: string): string[] {
  return text === '' ? [] : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

/** Myers' greedy algorithm: the time is the length times the number of differences, which are few here. */
function compare(before: readonly string[], after: readonly string[]): Edit[] {
  const trace: Int32Array[] = [];
  const size = before.length + after.length;
  const furthest = new Int32Array(2 * size + 3);
  for (let distance = 0; distance <= size; distance++) {
    trace.push(furthest.slice(size + 1 - distance - 1, size + 1 + distance + 2));
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      const at = size + 1 + diagonal;
      const down =
        diagonal === -distance || (diagonal !== distance && (furthest[at - 1] ?? 0) < (furthest[at + 1] ?? 0));
      let x = down ? (furthest[at + 1] ?? 0) : (furthest[at - 1] ?? 0) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
      furthest[at] = x;
      if (x >= before.length && x - diagonal >= after.length) return walkBack(before, after, trace);
    }
  }
  return [];
}

function walkBack(before: readonly string[], after: readonly string[], trace: readonly Int32Array[]): Edit[] {
  const edits: Edit[] = [];
  let x = before.length;
  let y = after.length;
  for (let distance = trace.length - 1; distance >= 0; distance--) {
    const reached = trace[distance] as Int32Array;
    const of = (diagonal: number) => reached[diagonal + distance + 1] ?? 0;
    const diagonal = x - y;
    const down = diagonal === -distance || (diagonal !== distance && of(diagonal - 1) < of(diagonal + 1));
    const fromX = distance === 0 ? 0 : of(down ? diagonal + 1 : diagonal - 1);
    const fromY = distance === 0 ? 0 : fromX - (down ? diagonal + 1 : diagonal - 1);
    while (x > fromX && y > fromY) {
      edits.push({ sign: ' ', line: before[--x] ?? '' });
      y--;
    }
    if (x > fromX) edits.push({ sign: '-', line: before[--x] ?? '' });
    else if (y > fromY) edits.push({ sign: '+', line: after[--y] ?? '' });
  }
  return edits.reverse();
}

function hunks(edits: readonly Edit[]): string {
  let text = '';
  let oldLine = 1;
  let newLine = 1;
  for (let at = 0; at < edits.length; ) {
    const change = edits.findIndex(({ sign }, index) => index >= at && sign !== ' ');
    if (change === -1) break;
    const start = Math.max(at, change - context);
    oldLine += start - at;
    newLine += start - at;
    let end = change;
    for (let quiet = 0; end < edits.length && quiet <= 2 * context; end++) {
      quiet = edits[end]?.sign === ' ' ? quiet + 1 : 0;
    }
    const trailing = trailingContext(edits, end);
    const part = edits.slice(start, trailing);
    const olds = part.filter(({ sign }) => sign !== '+').length;
    const news = part.filter(({ sign }) => sign !== '-').length;
    text += `@@ -${range(oldLine, olds)} +${range(newLine, news)} @@\n${part.map(render).join('')}`;
    oldLine += olds;
    newLine += news;
    at = trailing;
  }
  return text;
}

/** Cuts the unchanged lines at a hunk's end to the context. */
function trailingContext(edits: readonly Edit[], end: number): number {
  let last = end - 1;
  while (edits[last]?.sign === ' ') last--;
  return Math.min(edits.length, last + 1 + context);
}

function range(line: number, count: number): string {
  if (count === 1) return String(line);
  return `${count === 0 ? line - 1 : line},${count}`;
}

function render({ sign, line }: Edit): string {
  return line.endsWith('\n') ? `${sign}${line}` : `${sign}${line}\n\\ No newline at end of file\n`;
}
