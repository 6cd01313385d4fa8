import type { GatePlan } from './gate-script.ts';

/** How the main process ended: one of the two is null, as in node's exit event. */
export interface GateExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that holds the app's place until it is released, and then is the app. */
export interface Gate {
  readonly pid: number;
  readonly exited: Promise<GateExit>;
  /** Lets it become the app. */
  release(): void;
  /** Ends it; when it was not released, nothing of the app has run. */
  kill(): void;
}

/** A gate that is to be told what it becomes. */
export interface WaitingGate extends Gate {
  /**
   * Has it wait with the app's environment, in the app's folder; nothing of the app runs. Once, and before `release`. False
   * when it is of no use any more, as its output leads nowhere: another is to be taken.
   */
  arm(plan: GatePlan): Promise<boolean>;
}
