import { join } from 'node:path';
import { changeList } from '../config/change-list.ts';
import { wireConfigEdits } from '../config/wire-config.ts';
import { xdgFolders } from '../domain/xdg-folders.ts';
import { readShare } from '../strict/pure/shares.ts';
import { askForSharedFolders, judgeSharedFolders } from '../strict/wire-sandboxes.ts';
import { openToldApps } from './io/told-apps.ts';
import type { KeptOutPorts } from './kept-out.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a notification's button shares, and who was told; `own`: the daemon's environment, which says where the configuration is. */
export function sharingByButton(
  own: Environment,
  environment: () => Promise<Environment>,
  update: (app: string) => Promise<readonly ReadonlyMap<string, string>[]>,
): Pick<KeptOutPorts, 'isTold' | 'tell' | 'wordOf' | 'share'> {
  const { state = '/nowhere' } = xdgFolders(own);
  // As a start would find them.
  const started = async () => ({ ...own, ...(await environment()) });
  return {
    ...openToldApps(join(state, 'ringfence/told-apps.json')),
    async wordOf(folder) {
      // As a word of the configuration it would be another folder.
      if (folder.endsWith(':ro')) return undefined;
      const variables = await started();
      const { home = '/' } = xdgFolders(variables);
      const word = folder.startsWith(`${home}/`) ? `~${folder.slice(home.length)}` : folder;
      await askForSharedFolders([word], variables);
      return judgeSharedFolders([word], variables)[0] === undefined ? word : undefined;
    },
    async share(app, word) {
      const variables = await started();
      await askForSharedFolders([word], variables);
      const ports = wireConfigEdits(own, (words) => judgeSharedFolders(words, variables));
      const isOther = (one: string) => one.replace(/:ro$/, '') !== word;
      await changeList(app, 'shared-folders', (shared) => [...shared.filter(isOther), word], ports);
      const { path } = readShare(word, xdgFolders(variables).home ?? '/');
      const waiting = (await update(app)).find(
        (row) => row.get('state') === 'at-next-start' && row.get('folder') === path,
      );
      return waiting?.get('reason');
    },
  };
}
