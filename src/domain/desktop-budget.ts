import type { Setting } from './config/setting.ts';
import { type LimitName, type ParsedLimit, parseLimit, readLimit } from './limits.ts';

/** The keys of the section [desktop]: what all apps together may use, and what the desktop keeps. */
export const budgetNames = ['apps-memory-max', 'apps-swap-max', 'session-memory-low'] as const;

export type BudgetName = (typeof budgetNames)[number];

/** What the section says, all files laid over each other. */
export type Budget = ReadonlyMap<BudgetName, Setting<ParsedLimit>>;

/** Whether `text` is a key of the section. */
export function isBudgetName(text: string): text is BudgetName {
  return (budgetNames as readonly string[]).includes(text);
}

/** Reads a value of the section; `infinity` turns a maximum off, and 0 the protection. */
export function readBudget(name: BudgetName, text: string): ParsedLimit | { readonly problem: string } {
  if (name !== 'session-memory-low') return readLimit(formOf[name], text);
  if (text === '0') return { name: 'memory-max', text, kind: 'amount', amount: 0n };
  const read = readLimit('memory-max', text);
  const isAmount = 'kind' in read && read.kind !== 'infinity';
  return isAmount ? read : { problem: 'expected bytes like 512M, a share like 10%, or 0 for no protection' };
}

/** How each is written and what its share is of: of the memory, or of the swap space. */
const formOf = { 'apps-memory-max': 'memory-max', 'apps-swap-max': 'memory-swap-max' } as const satisfies Partial<
  Record<BudgetName, LimitName>
>;

/**
 * A tenth of the memory stays with the desktop when ten apps run wild at once, and of it the kernel takes from the desktop's shell
 * last. A tenth of the swap, too: what the desktop has there it can only have back while some is free.
 */
export const builtInBudget: Budget = new Map(
  (
    [
      ['apps-memory-max', parseLimit('memory-max', '90%')],
      ['apps-swap-max', parseLimit('memory-swap-max', '90%')],
      ['session-memory-low', parseLimit('memory-max', '10%')],
    ] as const
  ).map(([name, value]) => [name, { value, origin: { kind: 'built-in' } }]),
);
