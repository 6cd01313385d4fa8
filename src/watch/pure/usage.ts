/**
 * What an instance uses, by the keys of the property Usage, from the files of its cgroup. A file that is not there (its
 * controller does not reach the scope) leaves its key out.
 */
export function readUsage(read: (file: string) => string | undefined): Map<string, string> {
  const usage = new Map<string, string>();
  for (const [key, file] of wholeFiles) {
    const text = read(file)?.trim();
    if (text !== undefined && /^\d+$/.test(text)) usage.set(key, text);
  }
  const time = /^usage_usec (\d+)$/m.exec(read('cpu.stat') ?? '')?.[1];
  if (time !== undefined) usage.set('cpu-usage-usec', time);
  return usage;
}

/** Files that hold one number (Documentation/admin-guide/cgroup-v2.rst); `memory.peak` came with Linux 5.19. */
const wholeFiles = [
  ['memory-current', 'memory.current'],
  ['memory-peak', 'memory.peak'],
  ['memory-swap-current', 'memory.swap.current'],
  ['tasks-current', 'pids.current'],
] as const;
