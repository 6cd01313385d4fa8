import type { Report } from './report.ts';

/** A running instance. What can change is read anew at every call. */
export interface Instance {
  readonly path: string;
  readonly report: Report;
  pids(): number[];
  limits(): Map<string, string>;
  /** What it uses, by the keys of the property Usage; what cannot be read here is left out. */
  usage(): Map<string, string>;
  /** Returns when the scope is gone: SIGTERM to all, SIGKILL to what is left after `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
  kill(signal: number): Promise<void>;
}
