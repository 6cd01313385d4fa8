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
