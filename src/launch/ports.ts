/** The records of running instances in the runtime folder; they outlive the daemon and end with the session. */
export interface Records {
  write(unit: string, text: string): void;
  read(unit: string): string | undefined;
  remove(unit: string): void;
  list(): string[];
}

/** The moments of a launch at which a test can kill the daemon. */
export type LaunchStep =
  | 'resolved'
  | 'decided'
  | 'gated'
  // The scope is being started; the gates know what they are for.
  | 'armed'
  | 'scoped'
  | 'verified'
  | 'recorded'
  | 'released'
  // Of a strict launch only: the gate has been told to make the sandbox; it has been read back.
  | 'entering'
  | 'enclosed';
