import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isRingfenceError } from '../domain/errors.ts';
import { startDaemon } from './wire.ts';

declare const RINGFENCE_VERSION: string;

// sysexits(3): the unit starts the daemon again. The bus went away, and it comes back with the bus; or another program is in its place.
const again = 75;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--version')) {
    console.log(`ringfenced ${RINGFENCE_VERSION}`);
    return 0;
  }
  if (args.length > 0) {
    const asked = args.includes('--help') || args.includes('-h');
    console[asked ? 'log' : 'error'](
      'Usage: ringfenced [--version]\n\nThe daemon of Ringfence; the session bus starts it when it is needed.',
    );
    return asked ? 0 : 2;
  }
  const stopped = new Promise<number>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(0));
  });
  const daemon = await startDaemon({
    environment: process.env,
    version: RINGFENCE_VERSION,
    // The client is installed beside the daemon.
    clientPath: join(dirname(process.argv[1] ?? '/usr/bin/'), 'ringfence-open'),
    ...ownProgram(process.argv[1]),
  });
  const code = await Promise.race([
    stopped,
    daemon.lost.then(() => again),
    daemon.superseded.then((change) => (change === 'replaced' ? again : 0)),
  ]);
  await daemon.stop();
  return code;
}

/** Of a daemon that systemd has started, which will start the next one. */
function ownProgram(path: string | undefined): { program?: string } {
  if (path === undefined || process.env['SYSTEMD_EXEC_PID'] !== String(process.pid)) return {};
  return { program: `${realpathSync(path)}.bundle.cjs` };
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(
      `ringfenced: ${isRingfenceError(error) ? error.message : error instanceof Error ? error.stack : String(error)}`,
    );
    process.exit(isRingfenceError(error) ? error.exitCode : 70);
  },
);
