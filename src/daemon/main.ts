import { dirname, join } from 'node:path';
import { isRingfenceError } from '../domain/errors.ts';
import { startDaemon } from './wire.ts';

declare const RINGFENCE_VERSION: string;

// sysexits(3): the bus went away; the unit starts the daemon again and it comes back with the bus.
const busLost = 75;

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
  });
  const code = await Promise.race([stopped, daemon.lost.then(() => busLost)]);
  await daemon.stop();
  return code;
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
