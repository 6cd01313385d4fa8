import { parseDesktopId } from '../domain/desktop-id.ts';
import { sharedWords } from '../launch/decide-fence.ts';
import type { FencePorts } from '../launch/ports.ts';
import { rowsWithShares } from '../strict/pure/enforced-rows.ts';
import type { ShareBackend } from './objects/share-methods.ts';
import type { Fences } from './wire-fences.ts';

/** What the method about shared folders works with. */
export interface ShareSurroundings {
  readonly fences: Pick<Fences, 'instances' | 'sandboxes'> & {
    readonly ports: Pick<FencePorts, 'config' | 'enabledProfile'>;
  };
  /** Of which the last folder may just have been taken, and the file with it. */
  readonly config: { settled(): Promise<void> };
  /** The user's environment, as the user manager has it. */
  environment(): Promise<Readonly<Record<string, string>>>;
}

/** Every sandbox of an app that runs, by the profile that it was started with. */
export function shareBackend({ fences, config, environment }: ShareSurroundings): ShareBackend {
  return {
    async updateShares(text) {
      const { id, name } = parseDesktopId(text);
      await config.settled();
      const session = new Map(Object.entries(await environment()));
      const rows: Map<string, string>[] = [];
      for (const instance of fences.instances.all()) {
        const { app, mode, unit, profile } = instance.report;
        if (app !== name || mode !== 'strict') continue;
        const { changes, shares, had } = await fences.sandboxes.share({
          unit,
          words: sharedWords(id, profile, fences.ports),
          session,
        });
        if (shares !== undefined) instance.changeRows((all) => rowsWithShares(all, shares, had));
        for (const one of changes) rows.push(new Map(Object.entries({ instance: instance.path, ...one })));
      }
      return rows;
    },
  };
}
