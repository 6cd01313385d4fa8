/**
 * What an instance uses, by the keys of the property Usage, from the files of its cgroup. A file that is not there (its
 * controller does not reach the scope) leaves its key out.
 */
export function readUsage(readFile: (file: string) => string | undefined): Map<string, string> {
  const usage = new Map<string, string>();
  const texts = new Map<string, string | undefined>();
  const read = (file: string) => {
    if (!texts.has(file)) texts.set(file, readFile(file));
    return texts.get(file);
  };
  for (const [key, file] of wholeFiles) {
    const text = read(file)?.trim();
    if (text !== undefined && /^\d+$/.test(text)) usage.set(key, text);
  }
  for (const [key, file, pattern] of lines) {
    const number = pattern.exec(read(file) ?? '')?.[1];
    if (number !== undefined) usage.set(key, number);
  }
  // A cgroup that has done none yet has an empty file.
  const io = read('io.stat');
  if (io !== undefined) {
    usage.set('io-read-bytes', sum(io, /\brbytes=(\d+)/g));
    usage.set('io-written-bytes', sum(io, /\bwbytes=(\d+)/g));
  }
  return usage;
}

/** A line for each disk. */
function sum(text: string, pattern: RegExp): string {
  return [...text.matchAll(pattern)].reduce((total, [, bytes = '0']) => total + BigInt(bytes), 0n).toString();
}

/** Files that hold one number (Documentation/admin-guide/cgroup-v2.rst); `memory.peak` came with Linux 5.19. */
const wholeFiles = [
  ['memory-current', 'memory.current'],
  ['memory-peak', 'memory.peak'],
  ['memory-swap-current', 'memory.swap.current'],
  ['tasks-current', 'pids.current'],
] as const;

/** Numbers in files of many lines. Pressure is there with PSI only, throttling with the cpu controller. */
const lines = [
  ['cpu-usage-usec', 'cpu.stat', /^usage_usec (\d+)$/m],
  ['cpu-throttled-usec', 'cpu.stat', /^throttled_usec (\d+)$/m],
  ['tasks-refused', 'pids.events', /^max (\d+)$/m],
  ['oom-kills', 'memory.events', /^oom_kill (\d+)$/m],
  ['memory-pressure-usec', 'memory.pressure', /^some .*\btotal=(\d+)/m],
  ['cpu-pressure-usec', 'cpu.pressure', /^some .*\btotal=(\d+)/m],
  ['io-pressure-usec', 'io.pressure', /^some .*\btotal=(\d+)/m],
] as const;
