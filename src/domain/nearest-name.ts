/** The known name that a mistyped one most likely means, if any is near: two letters or a third of them differ, and no more than half. */
export function nearestName(typed: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(typed.length / 3)) + 1;
  for (const name of known) {
    const steps = distance(typed.slice(0, 64).toLowerCase().replaceAll('_', '-'), name.toLowerCase());
    if (steps < least && 2 * steps <= typed.length) {
      least = steps;
      best = name;
    }
  }
  return best;
}

/** Steps from `from` to `to`: a letter put in, left out, changed, or two neighbours swapped. */
function distance(from: string, to: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const differs = from[row - 1] === to[column - 1] ? 0 : 1;
      let steps = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + differs,
      );
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) steps = Math.min(steps, (older[column - 2] ?? 0) + 1);
      current.push(steps);
    }
    older = previous;
    previous = current;
  }
  return previous[to.length] ?? 0;
}
