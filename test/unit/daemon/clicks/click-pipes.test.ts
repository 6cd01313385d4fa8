import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClickPipes, openClickPipes } from '../../../../src/daemon/clicks/click-pipes.ts';
import type { ClickOutcome, ClickRequest } from '../../../../src/daemon/clicks/click-request.ts';
import { makePipes } from '../../../../src/platform/process/make-pipes.ts';
import { waitFor } from '../../../harness/wait-for.ts';

/** No process has it: pid_max is 2^22 at most. */
const deadPid = 2 ** 22 + 1;

describe('the click pipes', () => {
  let folder: string;
  let pipes: ClickPipes;
  let asked: ClickRequest[];
  let outcome: Promise<ClickOutcome>;
  const open = async (patienceMs = 60_000) => {
    pipes = await openClickPipes({
      folder,
      pid: process.pid,
      makePipes,
      patienceMs,
      answer(request) {
        asked.push(request);
        return outcome;
      },
    });
  };
  const own = () => join(folder, readdirSync(folder).find((name) => name.startsWith('1-')) ?? 'none');
  const claim = (slot: number, words: readonly (string | number)[]) =>
    writeFileSync(join(own(), `${slot}.request`), words.map((word) => `${word}\0`).join(''), { flag: 'wx' });
  const isClaimed = (slot: number) => existsSync(join(own(), `${slot}.request`));
  const write = (name: string, text: string) => {
    const fd = openSync(join(own(), name), constants.O_RDWR | constants.O_NONBLOCK);
    writeSync(fd, text);
    closeSync(fd);
  };
  const ring = (text: string) => write('bell', `${text}\n`);
  const answer = async (slot: number) => {
    const fd = openSync(join(own(), String(slot)), constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = Buffer.alloc(10_000);
    const read = () => {
      try {
        return readSync(fd, bytes) || false;
      } catch {
        return false;
      }
    };
    const count = await waitFor(read, { what: 'the answer' });
    closeSync(fd);
    return bytes.toString('utf8', 0, count);
  };
  const launch = (pid: number) => [pid, 'Launch', 's', 'app'];

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'ringfence-clicks-')), 'clicks');
    asked = [];
    outcome = Promise.resolve({ instance: '/instance' });
  });
  afterEach(() => {
    pipes.close();
    rmSync(join(folder, '..'), { recursive: true });
  });

  it('answer the client whose number it is, and take the number back when it says so', async () => {
    await open();
    claim(3, launch(process.pid));
    ring('3');
    expect(await answer(3)).toBe(`${process.pid} ok /instance\n`);
    expect(asked).toEqual([{ pid: process.pid, member: 'Launch', signature: 's', args: ['app'] }]);
    expect(isClaimed(3)).toBe(true);
    ring('-3');
    await waitFor(() => !isClaimed(3), { what: 'the number to be free' });
  });

  it('send to the bus what they cannot read', async () => {
    await open();
    claim(0, [process.pid, 'Launch', 'a{sv}']);
    ring('0');
    expect(await answer(0)).toBe(`${process.pid} pass\n`);
    writeFileSync(
      join(own(), '1.request'),
      Buffer.concat([Buffer.from(`${process.pid}\0`), Buffer.alloc(5_000_000, 'x')]),
    );
    ring('1');
    expect(await answer(1)).toBe(`${process.pid} pass\n`);
    expect(asked).toEqual([]);
  });

  it('ask once, however often the bell is rung, and survive whatever is rung', async () => {
    await open();
    let finish = (_: ClickOutcome) => {};
    outcome = new Promise((resolve) => {
      finish = resolve;
    });
    claim(0, launch(process.pid));
    for (const text of ['0', '0', '', 'x', '99', '-99', '16', '-', '0x1', '1', '\0', 'x'.repeat(3000), '0']) ring(text);
    await waitFor(() => asked.length > 0, { what: 'the request' });
    finish({ errorName: 'a.B', message: 'no' });
    expect(await answer(0)).toBe(`${process.pid} error a.B: no\n`);
    expect(asked).toHaveLength(1);
  });

  it('give the number of a dead client to others, without what it has not read', async () => {
    await open(0);
    claim(0, launch(deadPid));
    ring('0');
    await waitFor(() => asked.length === 1 && !isClaimed(0), { what: 'the number to be free' });
    claim(0, launch(process.pid));
    ring('0');
    expect(await answer(0)).toBe(`${process.pid} ok /instance\n`);
  });

  it('free what was claimed and never rung for, but not what a living client still writes', async () => {
    await open(0);
    claim(5, []);
    claim(6, launch(deadPid));
    claim(7, [process.pid, 'Launch']);
    claim(0, launch(process.pid));
    ring('0');
    await answer(0);
    await waitFor(() => !isClaimed(5) && !isClaimed(6), { what: 'the numbers to be free' });
    expect(isClaimed(7)).toBe(true);
    expect(isClaimed(0)).toBe(true);
  });

  it('free the numbers of the dead when all are taken', async () => {
    await open(0);
    for (let slot = 0; slot < 16; slot += 1) claim(slot, launch(slot === 3 ? process.pid : deadPid));
    ring('16');
    await waitFor(() => !isClaimed(15), { what: 'the numbers to be free' });
    expect(Array.from({ length: 16 }, (_, slot) => slot).filter(isClaimed)).toEqual([3]);
  });

  it('send to the bus who has rung and was not heard before they close', async () => {
    await open();
    claim(2, launch(process.pid));
    const fd = openSync(join(own(), '2'), constants.O_RDONLY | constants.O_NONBLOCK);
    ring('2');
    pipes.close();
    const bytes = Buffer.alloc(100);
    expect(bytes.toString('utf8', 0, readSync(fd, bytes))).toBe(`${process.pid} pass\n`);
    closeSync(fd);
    expect(asked).toEqual([]);
  });

  it('take the place of those that a dead daemon has left, and leave nothing themselves', async () => {
    mkdirSync(join(folder, '1-1-1'), { recursive: true });
    writeFileSync(join(folder, '1-1-1/bell'), '');
    await open();
    expect(readdirSync(folder)).toEqual([expect.stringMatching(new RegExp(`^1-${process.pid}-\\d+$`))]);
    pipes.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('show a client the end of the daemon', async () => {
    await open();
    const fd = openSync(join(own(), '0'), constants.O_RDONLY | constants.O_NONBLOCK);
    // Nothing to read yet is an error, the end is not.
    expect(() => readSync(fd, Buffer.alloc(1))).toThrow(/EAGAIN/);
    closeSync(fd);
  });
});
