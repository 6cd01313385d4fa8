/** Where the records of running instances are, below $XDG_RUNTIME_DIR. */
export const recordsFolder = 'ringfence/instances';

const recordSuffix = '.json';

/** The file name of an instance's record. ".json" instead of ".scope": a unit name may have all the 255 bytes of a file name. */
export function recordName(unit: string): string {
  return unit.replace(/\.scope$/, recordSuffix);
}

/** Below $XDG_RUNTIME_DIR: a link to /proc/PID of the daemon that runs, by which a click sees it without asking the bus. */
export const daemonMark = 'ringfence/daemon';
