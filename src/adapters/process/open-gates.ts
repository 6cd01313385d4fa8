import type { Gate, GatePlan } from '../../ports.ts';
import { journalStreamVariable, openOutputStream } from '../journal/output-stream.ts';
import { openGate } from './gate.ts';

/**
 * Opens one gate per plan, all with one stream into the journal; where there is no journal their output goes where the
 * daemon's goes.
 * @throws RingfenceError ScopeFailed; then none is left
 */
export async function openGates(plans: readonly GatePlan[], identifier: string): Promise<Gate[]> {
  const output = await openOutputStream({ identifier });
  const stream = output === undefined ? undefined : journalStreamVariable(output);
  const opened = await Promise.allSettled(
    plans.map((plan) => {
      const environment = new Map(plan.environment);
      if (stream === undefined) environment.delete('JOURNAL_STREAM');
      else environment.set('JOURNAL_STREAM', stream);
      return openGate({ ...plan, environment }, output);
    }),
  );
  output?.destroy();
  const gates = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = opened.find((each) => each.status === 'rejected');
  if (failed === undefined) return gates;
  for (const gate of gates) gate.kill();
  throw failed.reason;
}
