import { expect, it } from 'vitest';
import type { HostFacts } from '../../../src/domain/host-facts.ts';
import type { Report } from '../../../src/domain/report.ts';
import { type SteerPorts, setLimits } from '../../../src/watch/steer.ts';

const MiB = 1024 ** 2;

// test/machine/steer.test.ts has systemd and the kernel.
it.each([
  ['of memory below what is in use', { 'memory-max': '20M', 'memory-high': '10M' }, ['memory.high', 'memory.max']],
  ['of memory above it', { 'memory-max': '80M', 'memory-high': '70M' }, []],
  ['that is lifted', { 'memory-max': 'infinity' }, []],
  ['of tasks', { 'tasks-max': '3' }, []],
])('has the kernel wait for room once systemd has set a limit %s', async (_of, asked, waited) => {
  const files = new Map([
    ['cgroup.freeze', '0'],
    ['memory.current', String(60 * MiB)],
    ['memory.max', String(300 * MiB)],
    ['memory.high', 'max'],
    ['memory.oom.group', '0'],
    ['pids.max', '50'],
  ]);
  const names: Record<string, string> = { MemoryMax: 'memory.max', MemoryHigh: 'memory.high', TasksMax: 'pids.max' };
  const written: string[] = [];
  const ports = {
    systemd: {
      async setProperties(_unit: string, properties: readonly { name: string; value: bigint }[]) {
        for (const { name, value } of properties)
          files.set(names[name] ?? '', value === 2n ** 64n - 1n ? 'max' : String(value));
      },
    },
    cgroups: {
      read: (_cgroup: string, file: string) => files.get(file),
      async writeAndWait(_cgroup: string, file: string, text: string) {
        expect(text).toBe(files.get(file));
        written.push(file);
      },
    },
    records: { write() {} },
    host: () => ({ memoryBytes: 1024n ** 3n, controllers: new Set(['memory', 'pids']), kernelHas: () => true }),
  } as unknown as SteerPorts & { host(): HostFacts };
  const report = { name: 'app', unit: 'app.scope', rows: [] } as unknown as Report;
  await setLimits(report, [{ unit: 'app.scope', cgroup: '/app.scope' }], new Map(Object.entries(asked)), ports);
  expect(written.sort()).toEqual(waited);
});
