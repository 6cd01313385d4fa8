/**
 * What is written to a pressure file to be told of pressure (PSI): 200 ms of waiting for memory within 2 s, with the NUL that systemd
 * has there too. It is systemd's default (MemoryPressureThresholdSec=), and 2 s is the only window that every kernel gives users
 * (Documentation/accounting/psi.rst).
 */
export const pressureTrigger = 'some 200000 2000000\0';

/** The variables by which systemd tells a program how to be told of memory pressure (https://systemd.io/MEMORY_PRESSURE, systemd.exec(5)). */
export const pressureNames = ['MEMORY_PRESSURE_WATCH', 'MEMORY_PRESSURE_WRITE'] as const;

/**
 * An environment in which a program finds its own pressure file, to which it is to write the trigger; without a file it finds none. What was
 * inherited is another cgroup's.
 */
export function withPressure(environment: ReadonlyMap<string, string>, file: string | undefined): Map<string, string> {
  const own = new Map([...environment].filter(([name]) => !(pressureNames as readonly string[]).includes(name)));
  if (file === undefined) return own;
  const [watch, write] = pressureNames;
  return own.set(watch, file).set(write, Buffer.from(pressureTrigger).toString('base64'));
}
