import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Gives memory back after much work. */
export interface MemoryRest {
  /** So many bytes have passed through. */
  worked(bytes: number): void;
}

/** Below this much work, some 300 launches, there is little to give back. */
const muchWork = 1024 * 1024;
/** How long nothing must have happened, in ms. */
const rest = 1000;

/**
 * Collects garbage once a burst of work is over. V8 does so when it needs room, and an idle daemon never does: it would keep for
 * good what its busiest second took. Wakes up only after much work.
 */
export function openMemoryRest(collect: () => void = collectGarbage): MemoryRest {
  let bytes = 0;
  let seen = 0;
  let timer: NodeJS.Timeout | undefined;
  const wait = (then: () => void) => {
    timer = setTimeout(then, rest).unref();
  };
  const look = () => {
    if (seen !== bytes) {
      seen = bytes;
      wait(look);
      return;
    }
    collect();
    // What the first only lets go of, the second frees.
    wait(() => {
      collect();
      timer = undefined;
      bytes = 0;
      seen = 0;
    });
  };
  return {
    worked(more) {
      bytes += more;
      if (bytes >= muchWork && timer === undefined) wait(look);
    },
  };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
