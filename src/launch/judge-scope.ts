import type { DecidedLimit, Decision } from '../domain/decision.ts';
import { RingfenceError } from '../domain/errors.ts';
import { type LimitName, limitNames } from '../domain/limits.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import { limitText } from './pure/limit-text.ts';
import { type Judged, type Judgement, judgeLimit, judgeOomGroup, oomGroupFile, proofFiles } from './pure/read-back.ts';

/**
 * Believes the kernel only: every process must be in the scope's cgroup. systemd 254 has reported scopes as started whose
 * processes were elsewhere (systemd issue 36781). `task` opens the message: "launch firefox".
 * @throws RingfenceError ScopeFailed
 */
export function requireInScope(pids: readonly number[], cgroup: string, task: string, cgroups: Cgroups): void {
  for (const pid of pids) {
    const actual = cgroups.of(pid);
    if (actual === cgroup) continue;
    const where = actual === undefined ? 'its process is gone' : `its process is in ${actual} instead of ${cgroup}`;
    throw new RingfenceError('ScopeFailed', `cannot ${task}: ${where}`);
  }
}

/** What the kernel says about each limit of a decision, and about what it kills at the memory limit, read from the scope's cgroup. */
export function judgeScope(decision: Decision, cgroup: string, cgroups: Cgroups): Map<Judged, Judgement> {
  return judgeLimits(decision.limits, cgroup, cgroups);
}

/** The same for limits alone. */
export function judgeLimits(
  limits: readonly Pick<DecidedLimit, 'name' | 'value'>[],
  cgroup: string,
  cgroups: Pick<Cgroups, 'read'>,
): Map<Judged, Judgement> {
  const judgements = new Map<Judged, Judgement>(
    limits.map(({ name, value }) => [name, judgeLimit(name, value, proofOf(name, cgroup, cgroups))]),
  );
  const isLimited = limits.some(({ name, value }) => name === 'memory-max' && value !== 'infinity');
  if (isLimited && judgements.get('memory-max')?.state === 'enforced')
    judgements.set('oom-kill', judgeOomGroup(cgroups.read(cgroup, oomGroupFile)));
  return judgements;
}

/** The limits that the kernel holds a scope to now, as the config writes them; what is not limited is left out. */
export function limitsInForce(cgroup: string, cgroups: Pick<Cgroups, 'read'>): Map<string, string> {
  const held = limitNames.flatMap((name): [string, string][] => {
    const proof = proofOf(name, cgroup, cgroups);
    const text = proof === undefined ? 'infinity' : limitText(name, proof.text);
    return text === 'infinity' ? [] : [[name, text]];
  });
  return new Map(held);
}

function proofOf(
  name: LimitName,
  cgroup: string,
  cgroups: Pick<Cgroups, 'read'>,
): { file: string; text: string } | undefined {
  for (const file of proofFiles[name]) {
    const text = cgroups.read(cgroup, file);
    if (text !== undefined) return { file, text };
  }
  return undefined;
}
