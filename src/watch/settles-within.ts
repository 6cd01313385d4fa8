/** Whether a promise settles within so many milliseconds. */
export async function settlesWithin(promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    // Not at once: where the daemon was kept from running, node looks at its timers before it looks at what has come.
    timer = setTimeout(() => setImmediate(() => resolve(false)), Math.min(timeoutMs, longestTimer));
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** 24 days; node takes a longer time for none at all. */
const longestTimer = 2 ** 31 - 1;
