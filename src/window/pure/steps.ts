/** Takes a change back. */
export type Undo = () => Promise<unknown>;

/** Makes a change, and resolves to what takes it back; undefined where there was nothing to change. Rejects where it is refused. */
export type Step = () => Promise<Undo | undefined>;

/** What came of several changes that the user made as one. */
export interface Made {
  /** Takes all that was made back; undefined where nothing was. */
  readonly undo: Undo | undefined;
  /** The first refusal, if there was one. */
  readonly refusal: { readonly error: unknown } | undefined;
}

/** Makes each change in turn, the others too where one is refused. */
export async function makeAll(steps: readonly Step[]): Promise<Made> {
  const undos: Undo[] = [];
  const refusal = await firstRefusal(steps, async (step) => {
    const undo = await step();
    if (undo !== undefined) undos.unshift(undo);
  });
  return { undo: undos.length === 0 ? undefined : () => takeBack(undos), refusal };
}

/** @throws the first refusal, once all others are taken back */
async function takeBack(undos: readonly Undo[]): Promise<void> {
  const refusal = await firstRefusal(undos, (undo) => undo());
  if (refusal !== undefined) throw refusal.error;
}

async function firstRefusal<T>(all: readonly T[], act: (one: T) => Promise<unknown>): Promise<Made['refusal']> {
  let first: Made['refusal'];
  for (const one of all) {
    try {
      await act(one);
    } catch (error) {
      first ??= { error };
    }
  }
  return first;
}
