import { run, say, seconds } from './steps.mjs';

/**
 * Runs jobs `slots` at a time, in their order, and prints what each wrote once it has ended, under its title. A job:
 *   title, argv, env, timeoutMs   as `run` takes them
 *   ended(code)                   called with its exit code
 *   ready                         a promise that has to be settled before it can begin; jobs behind it go first meanwhile. Where
 *                                 it comes to false the job is left out
 *   alone                         it begins when nothing else runs, and nothing begins beside it
 *
 * Returns how long each took, in ms by its title.
 */
export async function sideBySide(jobs, slots) {
  const waiting = jobs.map((job) => ({ ...job, isReady: job.ready === undefined }));
  const running = new Set();
  const took = new Map();
  for (const job of waiting) {
    job.ready?.then((possible) => {
      job.isReady = true;
      if (possible === false) waiting.splice(waiting.indexOf(job), 1);
    });
  }
  while (waiting.length > 0 || running.size > 0) {
    const next = running.size < slots ? waiting.find((job) => job.isReady) : undefined;
    const fits = next !== undefined && (running.size === 0 || ![next, ...running].some(({ alone }) => alone));
    if (fits) {
      waiting.splice(waiting.indexOf(next), 1);
      running.add(next);
      const begin = Date.now();
      next.end = carryOut(next).finally(() => {
        running.delete(next);
        took.set(next.title, Date.now() - begin);
      });
      continue;
    }
    const pending = waiting.filter((job) => !job.isReady).map(({ ready }) => ready);
    await Promise.race([...[...running].map(({ end }) => end), ...pending]);
  }
  return took;
}

async function carryOut({ title, argv, env, timeoutMs, ended }) {
  const begin = Date.now();
  const { code, output } = await run([...timed, ...argv], { env, timeoutMs, capture: true });
  const [, text, user, system] = /^([\s\S]*)processor time: (\S+) (\S+)\n$/.exec(output) ?? [undefined, output];
  const busy = user === undefined ? '' : `, ${Math.round(Number(user) + Number(system))} s of a processor`;
  say(`${title} (${seconds(begin)}${busy})`);
  process.stdout.write(text);
  ended(code);
}

/** Runs the rest of the argv, and says behind its output what it and all that it waited for took of the processors. */
const timed = ['bash', '-c', 'TIMEFORMAT="processor time: %U %S"; time "$@"', 'timed'];
