import { errnoText } from '../domain/errno-text.ts';
import type { RingfenceError } from '../domain/errors.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';

const file = 'cgroup.max.descendants';

/**
 * Keeps an app from making cgroups in its scope. In a cgroup namespace, which sandboxes of its own may ask for, it could mount the tree anew, to be
 * written: tens of thousands of them held up the daemon, which looks for processes in all, and were hardly counted as its memory. The root
 * of a namespace cannot change this file (cgroups(7), "Cgroup delegation"), and systemd does not write it.
 * @throws RingfenceError NotEnforceable
 */
export function keepUndivided(
  cgroup: string,
  cgroups: Pick<Cgroups, 'read' | 'write'>,
  refuse: (part: string, reason: string, fix: string) => RingfenceError,
): void {
  let reason = 'the kernel does not take it';
  try {
    cgroups.write(cgroup, file, '0');
    if (cgroups.read(cgroup, file) === '0') return;
  } catch (error) {
    reason = errnoText(error) ?? (error as Error).message;
  }
  throw refuse('scope', `${file} cannot be set to 0: ${reason}`, 'look whether cgroup v2 is delegated to you');
}
