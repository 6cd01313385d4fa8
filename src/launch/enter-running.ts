import type { Decision } from '../domain/decision.ts';
import { RingfenceError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance.ts';
import { parseReport, serializeReport } from '../domain/report.ts';
import type { Occupant } from '../strict/home-claims.ts';
import type { SandboxRequest } from '../strict/sandbox-ports.ts';
import type { LaunchPorts } from './ports.ts';
import type { Startable } from './resolve.ts';

/**
 * A second start of a strict app goes into the sandbox that runs: one home, one sandbox. It stands in the instance's record before it
 * is told there, so that whoever has lost the answer finds it, and a daemon that is killed in between leaves it to the next.
 * Undefined when that sandbox has ended meanwhile, and the home is free.
 * @throws RingfenceError NotEnforceable where it cannot go in there
 */
export async function enterRunning(
  request: SandboxRequest,
  { name, options }: Startable,
  decision: Decision,
  occupant: Occupant,
  ports: LaunchPorts,
): Promise<Instance | undefined> {
  const { records, sandboxes } = ports;
  const { unit } = occupant;
  const outcome = await sandboxes.enter(request, decision, occupant, {
    wasReleased: records.read(unit) !== undefined,
    note(names) {
      const report = parseReport(records.read(unit) ?? '');
      if (report === undefined) throw new Error(`the record of ${unit} is gone`);
      const later = [...(report.later ?? []), { names, requestId: options.requestId }].slice(-mostLater);
      records.write(unit, serializeReport({ ...report, later }));
    },
    onStep: (step) => ports.onStep?.(step),
  });
  const instance = outcome === 'entered' ? ports.running(unit) : undefined;
  if (outcome === 'gone' || instance !== undefined) return instance;
  throw new RingfenceError('NotEnforceable', `cannot launch ${name} strictly: ${unit} has ended; try again`);
}

/** Whoever asks whether a start was noted asks within seconds. */
const mostLater = 50;
