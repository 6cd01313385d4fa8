/** A scope, and where the kernel has it. */
export interface Place {
  readonly unit: string;
  readonly cgroup: string;
}

/** What Ringfence itself has set of a unit, by `UNIT PROPERTY`, for whoever comes after: in the runtime folder, so until the session ends. */
export interface BudgetNote {
  read(): ReadonlyMap<string, readonly string[]>;
  /** @throws what node throws where it cannot be written */
  write(entries: ReadonlyMap<string, readonly string[]>): void;
  /** Removes the drop-in that systemd has made of a property; it counts until the units are read again. */
  removeDropIn(unit: string, property: string): void;
}
