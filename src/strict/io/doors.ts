import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RingfenceError } from '../../domain/errors.ts';
import { makePipes } from '../../platform/process/make-pipes.ts';
import type { Doors } from '../ports.ts';
import { startName } from '../pure/init-script.ts';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/**
 * Named pipes in the sandbox's folder, which is mounted read-only inside: they are there for whichever daemon comes next. The
 * init holds both ends of each, so that no end of ours, and no daemon that was killed, ever closes them for it. Some are made at
 * once and wait in the runtime folder: node is a few milliseconds away from everything else while it starts mkfifo.
 */
export function openDoors(runtimeDirectory: string): Doors {
  const place = join(runtimeDirectory, 'ringfence/doors');
  let isOurs = false;
  const clear = () => rmSync(place, { recursive: true, force: true });
  const spare: string[] = [];
  return {
    ...doors,

    async make(folder) {
      const door = join(folder, 'door');
      if (moveOne(spare, door)) return;
      // Those of a daemon that was killed; one that lives makes others.
      if (!isOurs) clear();
      isOurs = true;
      const names = Array.from({ length: doorsAtOnce }, () => join(place, randomUUID()));
      for (const name of names) mkdirSync(name, { recursive: true, mode: 0o700 });
      await makePipes(names.flatMap((name) => [join(name, 'go'), join(name, 'told')]));
      spare.push(...names);
      if (!moveOne(spare, door))
        throw new RingfenceError('ScopeFailed', `cannot make ${door}: ${place} is being removed`);
    },

    close() {
      if (isOurs) clear();
    },
  };
}

/** False when none is left. */
function moveOne(spare: string[], door: string): boolean {
  for (let one = spare.pop(); one !== undefined; one = spare.pop()) {
    try {
      renameSync(one, door);
      return true;
    } catch (error) {
      // Whoever clears up the runtime folder may have had it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return false;
}

const doorsAtOnce = 8;

const doors: Omit<Doors, 'make' | 'close'> = {
  put(folder, name, script) {
    const beside = join(folder, `start.${name}`);
    writeFileSync(beside, script, { mode: 0o600 });
    renameSync(beside, join(folder, 'door', name));
  },

  list: (folder) => {
    try {
      return readdirSync(join(folder, 'door')).filter((name) => startName.test(name));
    } catch {
      return [];
    }
  },

  remove: (folder, name) => rmSync(join(folder, 'door', name), { force: true }),

  async tell(folder, names, isThere) {
    const line = names.map((name) => `start ${name}\n`).join('');
    // By the clock: a pause takes longer than it should where the machine is busy, and an icon waits for ten seconds.
    const end = performance.now() + longestWait;
    const isLate = () => performance.now() > end;
    // A sandbox that was just let run sets its home up first.
    while (!say(join(folder, 'door/go'), line)) {
      if (!isThere()) return 'gone';
      if (isLate()) return 'silent';
      await sleep(pause);
    }
    const told = openSync(join(folder, 'door/told'), O_RDONLY | O_NONBLOCK);
    try {
      for (let text = ''; !isLate(); await sleep(pause)) {
        text = `${text}${readSome(told)}`.slice(-longestText);
        const answers = text.split('\n');
        if (names.every((name) => answers.includes(name))) return 'begun';
        if (!isThere()) return 'gone';
      }
      return 'silent';
    } finally {
      closeSync(told);
    }
  },
};

/** False where nobody has the pipe open for reading (ENXIO), or it is full and nobody reads (EAGAIN). */
function say(pipe: string, line: string): boolean {
  let fd: number;
  try {
    fd = openSync(pipe, O_WRONLY | O_NONBLOCK);
  } catch {
    return false;
  }
  try {
    writeSync(fd, line);
    return true;
  } catch {
    return false;
  } finally {
    closeSync(fd);
  }
}

function readSome(fd: number): string {
  const buffer = Buffer.alloc(65_536);
  try {
    return buffer.toString('latin1', 0, readSync(fd, buffer));
  } catch {
    // EAGAIN: nothing yet.
    return '';
  }
}

/** In ms: the init has nothing else to do, but its machine may. */
const longestWait = 6_000;
const pause = 5;
/** In bytes: more than the answers of a hundred starts that no daemon has read. */
const longestText = 65_536;
