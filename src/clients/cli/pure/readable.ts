/** Bytes as people read them, in binary units: "1.4 GiB". */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let amount = bytes;
  let unit = 0;
  // What would be rounded up to 1024 is one of the next unit.
  while (amount >= 1023.5 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${shortNumber(amount)} ${units[unit]}`;
}

/** A span of time in its two largest units: "2 h 5 min"; below a minute with a tenth where `fine`. */
export function spanText(seconds: number, fine = false): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (fine && seconds < 59.5) return `${seconds < 9.95 ? Math.max(0, seconds).toFixed(1) : Math.round(seconds)} s`;
  const steps: readonly (readonly [number, string])[] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  const first = steps.findIndex(([length]) => whole >= length);
  const [large = [1, 's'], small = [1, 's']] = steps.slice(first, first + 2);
  const rest = Math.floor((whole % large[0]) / small[0]);
  return `${Math.floor(whole / large[0])} ${large[1]}${rest === 0 ? '' : ` ${rest} ${small[1]}`}`;
}

/** A limit in force as people read it: `memory-max` 1503238553 is "1.4 GiB", `cpu-quota` 50% is "50 % of a core". */
export function limitForPeople(name: string, value: string | undefined): string {
  if (value === undefined || value === 'infinity') return 'no limit';
  if (name.startsWith('memory-') && /^\d+$/.test(value)) return bytesText(Number(value));
  const percent = name === 'cpu-quota' ? /^(\d+(?:\.\d+)?)%$/.exec(value)?.[1] : undefined;
  if (percent === undefined) return value;
  const cores = Number(percent) / 100;
  if (cores < 1) return `${percent} % of a core`;
  return cores === 1 ? '1 core' : `${Number(cores.toFixed(2))} cores`;
}

function shortNumber(amount: number): string {
  return amount < 9.95 ? String(Number(amount.toFixed(1))) : String(Math.round(amount));
}
