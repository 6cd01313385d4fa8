import type { RingfenceError } from './core/errors.ts';
import type { SandboxEvidence } from './core/sandbox/evidence.ts';
import type { SandboxOp, SandboxPlan } from './core/sandbox/model.ts';
import type { BusProxy, SandboxPrograms } from './ports.ts';
import type { SandboxKit } from './sandbox-kits.ts';

/** A sandbox that is planned and whose bus filter runs: what every way of starting it has in common. */
export interface Layout {
  readonly id: string;
  readonly folder: string;
  readonly programs: SandboxPrograms;
  readonly proxy: BusProxy;
  /** The proxy and the first gate, of a sandbox that the daemon makes. */
  readonly kit: SandboxKit | undefined;
  /** The system call filter's bytes. */
  readonly filter: Uint8Array;
  /** The guards of its bus names stand. */
  readonly ready: Promise<void>;
  /** Binds it to its scope and waits for the bus filter. @throws RingfenceError NotEnforceable */
  settle(unit: string): Promise<SandboxPlan>;
  /** Reads back the gate that told `told`, below `gatePid`. @throws RingfenceError NotEnforceable */
  readBack(ops: readonly SandboxOp[], unit: string, gatePid: number, told: number): Promise<SandboxEvidence>;
  refuse(part: string, reason: string, fix: string): RingfenceError;
  /** The error of a sandbox that did not come to be: looks whether the machine has become another. */
  explain(reason: string, part: string): Promise<RingfenceError>;
  undo(): void;
}
