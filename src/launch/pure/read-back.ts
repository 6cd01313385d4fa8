import { controllerOf, notDelegated } from '../../domain/host-facts.ts';
import type { LimitName } from '../../domain/limits.ts';

/** What the kernel says about one limit. `kernel` is the text of its file, trimmed. */
export type Judgement =
  | { readonly state: 'enforced'; readonly kernel: string }
  | { readonly state: 'not-enforced'; readonly reason: string; readonly fix: string };

/** One file of the scope's cgroup, as read. */
export interface CgroupFile {
  readonly file: string;
  readonly text: string;
}

/**
 * The files of a scope's cgroup that can prove a limit, best first: read the first that exists. IO weights are held by the
 * BFQ scheduler or by iocost, each with a file of its own.
 */
export const proofFiles: Readonly<Record<LimitName, readonly string[]>> = {
  'memory-max': ['memory.max'],
  'memory-high': ['memory.high'],
  'memory-swap-max': ['memory.swap.max'],
  'cpu-quota': ['cpu.max'],
  'cpu-weight': ['cpu.weight'],
  'io-weight': ['io.weight', 'io.bfq.weight'],
  'tasks-max': ['pids.max'],
};

/** What is judged: a limit, or that only the worst process is killed at the memory limit and not the whole app. */
export type Judged = LimitName | 'oom-kill';

/** The file that shows whether one process or the whole scope dies at the memory limit: `0` is one process. */
export const oomGroupFile = 'memory.oom.group';

/**
 * Whether the kernel holds a limit as decided. A missing file (`undefined`) means that the controller does not reach this
 * cgroup. Amounts of memory may be less than asked by under a page (the kernel rounds down), never more.
 */
export function judgeLimit(name: LimitName, asked: bigint | 'infinity', proof: CgroupFile | undefined): Judgement {
  if (proof === undefined) return asked === 'infinity' ? { state: 'enforced', kernel: 'max' } : missing(name);
  const kernel = proof.text.trim();
  if (matches(name, asked, kernel, proof.file)) return { state: 'enforced', kernel };
  return {
    state: 'not-enforced',
    reason: `the kernel has ${JSON.stringify(kernel)} in ${proof.file} instead of ${expected(name, asked)}`,
    fix: 'look for a drop-in that sets it for this scope: systemctl --user cat UNIT',
  };
}

/** Whether the kernel would spare the other processes of the scope when one overruns its memory. */
export function judgeOomGroup(text: string | undefined): Judgement {
  if (text === undefined) return missing('memory-max');
  const kernel = text.trim();
  if (kernel === '0') return { state: 'enforced', kernel };
  return {
    state: 'not-enforced',
    reason: `${oomGroupFile} is ${JSON.stringify(kernel)}: the whole app would be killed together`,
    fix: 'look for a drop-in that sets OOMPolicy=kill: systemctl --user cat UNIT',
  };
}

/** The largest page size of Linux on any architecture. */
const largestPage = 65_536n;

function matches(name: LimitName, asked: bigint | 'infinity', kernel: string, file: string): boolean {
  switch (name) {
    case 'memory-max':
    case 'memory-high':
    case 'memory-swap-max':
      return isMemory(asked, kernel);
    case 'cpu-quota':
      return isQuota(asked, kernel);
    case 'cpu-weight':
      return kernel === String(asked);
    case 'io-weight':
      return isIoWeight(asked, kernel, file);
    case 'tasks-max':
      return kernel === (asked === 'infinity' ? 'max' : String(asked));
  }
}

function isMemory(asked: bigint | 'infinity', kernel: string): boolean {
  if (asked === 'infinity') return kernel === 'max';
  const held = whole(kernel);
  if (held === undefined || held > asked) return false;
  // A value that is a multiple of 4096 is all we know of the page size, so the smallest page that fits is taken.
  const page = pageOf(held);
  return asked - held < page;
}

/** The page size cannot be larger than the largest power of two that divides a value rounded to pages. */
function pageOf(held: bigint): bigint {
  if (held === 0n) return largestPage;
  let page = 4096n;
  if (held % page !== 0n) return 1n;
  while (page < largestPage && held % (page * 2n) === 0n) page *= 2n;
  return page;
}

/**
 * `cpu.max` is "quota period" in microseconds. systemd lengthens the period of a small quota, rounds the quota down and
 * gives at least 1 ms, the kernel's minimum (cgroup_cpu_adjust_period and its caller in src/core/cgroup.c).
 */
function isQuota(asked: bigint | 'infinity', kernel: string): boolean {
  const [quotaText = '', periodText = ''] = kernel.split(' ');
  if (asked === 'infinity') return quotaText === 'max';
  const quota = whole(quotaText);
  const period = whole(periodText);
  if (quota === undefined || period === undefined || period === 0n) return false;
  const share = (asked * period) / 1_000_000n;
  return quota === share || (quota === 1000n && share === 999n);
}

/** `default 100`, then a line for each device that differs. systemd maps 1..10000 to BFQ's 1..1000. */
function isIoWeight(asked: bigint | 'infinity', kernel: string, file: string): boolean {
  if (asked === 'infinity') return false;
  const held = whole(/^default (\d+)$/m.exec(kernel)?.[1] ?? kernel);
  if (file !== 'io.bfq.weight') return held === asked;
  return held === (asked <= 100n ? asked : 100n + ((asked - 100n) * 900n) / 9900n);
}

function whole(text: string): bigint | undefined {
  return /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}

function expected(name: LimitName, asked: bigint | 'infinity'): string {
  if (asked === 'infinity') return 'max';
  return name === 'cpu-quota' ? `${asked} microseconds a second` : String(asked);
}

function missing(name: LimitName): Judgement {
  const { reason, fix } = notDelegated(name, controllerOf[name]);
  if (name !== 'memory-swap-max' && name !== 'io-weight') return { state: 'not-enforced', reason, fix };
  const support = name === 'io-weight' ? 'no IO weights (BFQ or iocost)' : 'no swap accounting (swapaccount=1)';
  return { state: 'not-enforced', reason: `${reason}, or the kernel has ${support}`, fix };
}
