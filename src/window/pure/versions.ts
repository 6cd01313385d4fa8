/**
 * How a daemon's version stands to the window's: numbers with dots between them, of which the first that differ decide. "same" also where
 * either says none.
 */
export function compareVersions(daemon: string, window: string): 'older' | 'same' | 'newer' {
  const [theirs, ours] = [daemon, window].map((version) => (version.match(/\d+/g) ?? []).map(Number));
  if (theirs === undefined || ours === undefined || theirs.length === 0 || ours.length === 0) return 'same';
  const at = ours.findIndex((number, index) => number !== (theirs[index] ?? 0));
  if (at === -1) return 'same';
  return (theirs[at] ?? 0) < (ours[at] ?? 0) ? 'older' : 'newer';
}
