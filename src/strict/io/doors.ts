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
import { makePipes } from '../../platform/process/make-pipes.ts';
import type { Doors } from '../ports.ts';
import { startName } from '../pure/init-script.ts';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/**
 * Named pipes in the sandbox's folder, which is mounted read-only inside: they are there for whichever daemon comes next. The
 * init holds both ends of each, so that no end of ours, and no daemon that was killed, ever closes them for it.
 */
export const doors: Doors = {
  async make(folder) {
    mkdirSync(join(folder, 'door'), { mode: 0o700 });
    await makePipes([join(folder, 'door/go'), join(folder, 'door/told')]);
  },

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
