import { join } from 'node:path';
import { changeList } from '../config/change-list.ts';
import { wireConfigEdits } from '../config/wire-config.ts';
import { xdgFolders } from '../domain/xdg-folders.ts';
import type { EndedNoticePorts } from './ended-at-once.ts';
import { openToldApps } from './io/told-apps.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a notification's button lets an app have as its bus name, and who was told; `own`: as in `sharingByButton`. */
export function namingByButton(
  own: Environment,
  environment: () => Promise<Readonly<Record<string, string>>>,
  offers: (app: string, name: string, session: ReadonlyMap<string, string>) => Promise<boolean>,
): Pick<EndedNoticePorts, 'isTold' | 'tell' | 'mayHave' | 'letHave'> {
  const { state = '/nowhere' } = xdgFolders(own);
  return {
    ...openToldApps(join(state, 'ringfence/told-ends.json')),
    mayHave: async (app, name) => offers(app, name, new Map(Object.entries(await environment()))),
    async letHave(app, name) {
      const ports = wireConfigEdits(own, (words) => words.map(() => undefined));
      await changeList(app, 'own-names', (names) => [...names.filter((one) => one !== name), name], ports);
    },
  };
}
