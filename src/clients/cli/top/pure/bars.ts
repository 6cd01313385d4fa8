/** How a share is judged; the screen has a colour for each. */
export type Level = 'low' | 'high' | 'full';

/** Near the limit is where reclaim begins to hurt, and at 90 % the kernel is about to kill. */
export function levelOf(share: number): Level {
  return share >= 0.9 ? 'full' : share >= 0.7 ? 'high' : 'low';
}

/** A bar of so many columns, filled up to the share (0 to 1). In eighths of a column where the terminal has Unicode. */
export function bar(share: number, width: number, unicode: boolean): string {
  const clamped = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  if (!unicode) {
    const filled = Math.round(clamped * width);
    return '#'.repeat(filled) + '.'.repeat(width - filled);
  }
  const eighths = Math.round(clamped * width * 8);
  const whole = Math.floor(eighths / 8);
  const rest = eighths % 8;
  const shown = '█'.repeat(whole) + (rest === 0 ? '' : (parts[rest] ?? ''));
  return shown + '░'.repeat(width - whole - (rest === 0 ? 0 : 1));
}

const parts = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** The newest values as a line of columns of different heights, the newest on the right; `most` is a full column. */
export function sparkline(values: readonly number[], most: number, width: number, unicode: boolean): string {
  const steps = unicode ? '▁▂▃▄▅▆▇█' : '_.:-=+*#';
  const newest = values.slice(-width);
  const shown = newest.map((value) => {
    const share = most > 0 ? Math.min(1, Math.max(0, value / most)) : 0;
    // Something is never shown as nothing.
    return steps.charAt(Math.min(steps.length - 1, Math.ceil(share * (steps.length - 1))));
  });
  return shown.join('').padStart(width);
}
