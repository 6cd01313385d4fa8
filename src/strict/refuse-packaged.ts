import { basename } from 'node:path';
import { RingfenceError } from '../domain/errors.ts';
import type { GatePlan } from '../platform/process/gate-script.ts';

/**
 * Apps of flatpak and snap bring a sandbox and a scope of their own, and their start needs rights that strict takes away.
 * @throws RingfenceError NotEnforceable
 */
export function refusePackaged(what: string, gates: readonly GatePlan[]): void {
  for (const { argv } of gates) {
    const runner = argv.findIndex((word) => ['flatpak', 'snap'].includes(basename(word)));
    const kind =
      runner !== -1 && argv.slice(runner).includes('run')
        ? basename(argv[runner] ?? '')
        : argv.some((word) => word.startsWith('/snap/bin/') || word.startsWith('/var/lib/snapd/snap/bin/'))
          ? 'snap'
          : undefined;
    if (kind === undefined) continue;
    throw new RingfenceError(
      'NotEnforceable',
      `cannot launch ${what} strictly: it is a ${kind} app, which has a sandbox of its own (set its permissions with ` +
        `${kind}, or use the profile "relaxed" for limits)`,
    );
  }
}
