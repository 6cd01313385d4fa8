/** Keeps one of something in reserve that takes long to start. */
export interface Reserve<T> {
  /** The spare where there is one and it still fits, else a fresh one. Rejects as `start` does. */
  take(start: () => Promise<T>, fits: (spare: T) => Promise<boolean>): Promise<T>;
  /** Starts the spare unless there is one: for when nothing more urgent is to be done. */
  prepare(start: () => Promise<T>): void;
  /** Ends the spare; there will be no other. */
  close(): void;
}

/** A reserve, empty until `prepare`. A spare that does not fit any more is killed. */
export function openReserve<T extends { kill(): void }>(): Reserve<T> {
  let spare: Promise<T> | undefined;
  let closed = false;
  return {
    async take(start, fits) {
      const reserved = spare;
      spare = undefined;
      const one = await reserved?.catch(() => undefined);
      if (one === undefined) return start();
      if (await fits(one)) return one;
      one.kill();
      return start();
    },

    prepare(start) {
      if (closed || spare !== undefined) return;
      spare = start();
      spare.catch(() => {
        // The next to take one tries again and tells its caller.
        spare = undefined;
      });
    },

    close() {
      closed = true;
      spare?.then((one) => one.kill()).catch(() => {});
    },
  };
}
