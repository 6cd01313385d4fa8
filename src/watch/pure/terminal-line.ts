/** What a limit did to a command, for its terminal; undefined where nothing was taken from it. */
export function terminalLine(limit: string, details: ReadonlyMap<string, string>): string | undefined {
  const [name = '', value = 'max'] = ['name', 'value'].map((key) => details.get(key));
  const count = Number(details.get('count') ?? 1);
  const says = (what: string) => `ringfence-shell: ${name}: ${what}`;
  if (limit === 'tasks-max') {
    const times = count === 1 ? 'a new process' : `${count} new processes`;
    return says(`refused ${times} at the task limit (tasks-max ${value}); --tasks-max sets another`);
  }
  if (limit !== 'memory-max') return undefined;
  const killed = count === 1 ? 'one of its processes was killed' : `${count} of its processes were killed`;
  if (details.has('cause') || !/^\d+$/.test(value)) {
    return says(`${killed} because all apps together, or this machine, had no memory left; see "ringfence status"`);
  }
  return says(`${killed} at the memory limit (memory-max ${bytesText(Number(value))}); --memory-max sets another`);
}

function bytesText(bytes: number): string {
  const [unit, size] = bytes >= 2 ** 30 ? ['GiB', 2 ** 30] : ['MiB', 2 ** 20];
  return `${Number((bytes / size).toFixed(1))} ${unit}`;
}
