import type { Setting } from '../../domain/config/setting.ts';
import type { Wish } from './manifest.ts';

/**
 * The profile that an app was enabled with, as a setting: it counts where the config names none for the app, and before the
 * default. `origin`: the manifest's path, for reports.
 */
export function enabledProfile(id: string, wish: Wish | undefined, origin: string): Setting<string> | undefined {
  if (wish?.profile === undefined) return undefined;
  const key = `apps.${JSON.stringify(id)}.profile`;
  return { value: wish.profile, origin: { kind: 'file', path: origin, line: 1, key } };
}
