import type { Report, ReportRow } from './report.ts';

/** A running instance. What can change is read anew at every call. */
export interface Instance {
  readonly path: string;
  /** What was asked and what came of it, at the start and by the last change. */
  readonly report: Report;
  /** The units that its processes are in: its own, unless they have left it, and those of their own making. */
  scopes(): string[];
  pids(): number[];
  limits(): Map<string, string>;
  /** What it uses, by the keys of the property Usage; what cannot be read here is left out. */
  usage(): Map<string, string>;
  /** Returns when the scope is gone: SIGTERM to all, SIGKILL to what is left after `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
  kill(signal: number): Promise<void>;
  /**
   * Changes limits of what runs, by their config names; returns when the kernel has them. Whatever it throws, nothing is changed.
   * @throws RingfenceError UnknownOption, InvalidLimit, InvalidArgument (a contradiction), NotEnforceable, NoSuchInstance
   */
  setLimits(limits: ReadonlyMap<string, string>): Promise<void>;
  /** Its sandbox has become another: what the report says of it from now on. */
  changeRows(change: (rows: readonly ReportRow[]) => readonly ReportRow[]): void;
  /** Stops all processes where they are. @throws RingfenceError NoSuchInstance, NotEnforceable */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  isFrozen(): boolean;
}
