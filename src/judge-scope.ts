import type { Decision } from './core/decide-containment.ts';
import { type LimitName, limitNames } from './core/limits.ts';
import { limitText } from './core/scope/limit-text.ts';
import { type Judgement, judgeLimit, proofFiles } from './core/scope/read-back.ts';
import type { Cgroups } from './ports.ts';

/** What the kernel says about each limit of a decision, read from the scope's cgroup. */
export function judgeScope(decision: Decision, cgroup: string, cgroups: Cgroups): Map<LimitName, Judgement> {
  return new Map(
    decision.limits.map(({ name, value }) => [name, judgeLimit(name, value, proofOf(name, cgroup, cgroups))]),
  );
}

/** The limits that the kernel holds a scope to now, as the config writes them; what is not limited is left out. */
export function limitsInForce(cgroup: string, cgroups: Cgroups): Map<string, string> {
  const held = limitNames.flatMap((name): [string, string][] => {
    const proof = proofOf(name, cgroup, cgroups);
    const text = proof === undefined ? 'infinity' : limitText(name, proof.text);
    return text === 'infinity' ? [] : [[name, text]];
  });
  return new Map(held);
}

function proofOf(name: LimitName, cgroup: string, cgroups: Cgroups): { file: string; text: string } | undefined {
  for (const file of proofFiles[name]) {
    const text = cgroups.read(cgroup, file);
    if (text !== undefined) return { file, text };
  }
  return undefined;
}
