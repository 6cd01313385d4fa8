/** Which testbed the process runs in; set by test/testbed/session and test/testbed/machine and by nothing else. */
export type Testbed = 'session' | 'machine';

/** The testbed this process runs in, if any. */
export function currentTestbed(): Testbed | undefined {
  const value = process.env['RINGFENCE_TESTBED'];
  return value === 'session' || value === 'machine' ? value : undefined;
}

/**
 * Throws unless the process runs in one of the given testbeds, so that no test can reach the session, the units or the
 * home of whoever starts it.
 */
export function requireTestbed(allowed: readonly Testbed[]): void {
  if (allowed.some((testbed) => testbed === currentTestbed())) return;
  throw new Error(
    `these tests run in a ${allowed.join(' or a ')} of their own only: ${howTo[allowed[0] ?? 'session']}`,
  );
}

const vitest = 'node_modules/.bin/vitest run --configLoader runner --project';
const howTo: Readonly<Record<Testbed, string>> = {
  session: `npm test -- --only integration [file…], or test/testbed/session --journal ${vitest} integration`,
  machine: `npm test -- --only machine [file…], or test/testbed/machine ${vitest} machine`,
};
