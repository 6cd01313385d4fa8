import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { changeSetting } from '../config/change-setting.ts';
import { effectiveSettings } from '../config/pure/effective-settings.ts';
import { wireConfigEdits } from '../config/wire-config.ts';
import type { Config } from '../domain/config/model.ts';
import { xdgFolders } from '../domain/xdg-folders.ts';
import type { FencePorts } from '../launch/ports.ts';
import { soundSocket } from '../strict/pure/plan.ts';
import { categoriesOf } from './icon-of.ts';
import { openToldApps } from './io/told-apps.ts';
import type { SoundPorts } from './sound-notices.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a notification's button lets an app hear, and who was asked; `own`: the daemon's environment, which says where the configuration is. */
export function soundByButton(
  own: Environment,
  environment: () => Promise<Environment>,
  config: () => Config,
  enabledProfile: FencePorts['enabledProfile'],
): Pick<SoundPorts, 'isTold' | 'tell' | 'untell' | 'isOpen' | 'allow' | 'categoriesOf'> {
  const { state = '/nowhere' } = xdgFolders(own);
  return {
    ...openToldApps(join(state, 'ringfence/told-of-sound.json')),
    categoriesOf: async (app) => categoriesOf(app, await environment()),
    isOpen(app) {
      const settings = effectiveSettings(config(), { kind: 'app', name: app }, enabledProfile(`${app}.desktop`));
      const isSaid = settings.some(({ key }) => key === 'sound');
      return !isSaid && existsSync(soundSocket({ runtimeDir: own['XDG_RUNTIME_DIR'] ?? '/nowhere' }));
    },
    allow: (app) =>
      // No shared folder is changed.
      changeSetting(
        { section: { kind: 'app', name: app }, key: 'sound' },
        ['true'],
        wireConfigEdits(own, (words) => words.map(() => undefined)),
      ),
  };
}
