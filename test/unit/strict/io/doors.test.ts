import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openDoors } from '../../../../src/strict/io/doors.ts';

const runtime = mkdtempSync(join(tmpdir(), 'doors-'));
afterAll(() => rmSync(runtime, { recursive: true }));

const spare = join(runtime, 'ringfence/doors');
let made = 0;
const make = async (doors: ReturnType<typeof openDoors>) => {
  made += 1;
  const folder = join(runtime, String(made));
  mkdirSync(folder);
  await doors.make(folder);
  for (const name of ['go', 'told']) expect(statSync(join(folder, 'door', name)).isFIFO(), name).toBe(true);
  expect(statSync(join(folder, 'door')).mode & 0o777).toBe(0o700);
};

it('makes several at once, a fresh one for each, and clears the rest away', async () => {
  const doors = openDoors(runtime);
  await make(doors);
  expect(readdirSync(spare)).toHaveLength(7);
  for (let times = 0; times < 8; times += 1) await make(doors);
  expect(readdirSync(spare)).toHaveLength(7);
  doors.close();
  expect(existsSync(spare)).toBe(false);
});

it('does without those that are gone, and clears away what a daemon that was killed has left', async () => {
  const killed = openDoors(runtime);
  await make(killed);
  const next = openDoors(runtime);
  await make(next);
  expect(readdirSync(spare)).toHaveLength(7);
  await make(killed);
  next.close();
  await make(next);
  next.close();
});

it('removes nothing that it has not made', () => {
  mkdirSync(join(spare, 'other'), { recursive: true });
  openDoors(runtime).close();
  expect(existsSync(join(spare, 'other'))).toBe(true);
});
