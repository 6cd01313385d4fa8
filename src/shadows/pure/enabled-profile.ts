import { appKey, type Config } from '../../domain/config/model.ts';
import { type Manifest, type Wish, wishFor } from './manifest.ts';

/**
 * The config with the profile that an app was enabled with: it counts where the config names none for the app, and before
 * the default. `origin` names the manifest in reports.
 */
export function withEnabledProfile(config: Config, manifest: Manifest, id: string, origin: string): Config {
  return withWish(config, id, wishFor(manifest, id), origin);
}

/** The same for a wish that is not in the manifest yet. */
export function withWish(config: Config, id: string, wish: Wish | undefined, origin: string): Config {
  const key = appKey(id);
  const settings = config.apps.get(key);
  if (wish?.profile === undefined || settings?.profile !== undefined) return config;
  const profile = {
    value: wish.profile,
    origin: { kind: 'file', path: origin, line: 1, key: `apps.${JSON.stringify(id)}.profile` },
  } as const;
  const apps = new Map(config.apps);
  apps.set(key, { limits: new Map(), ...settings, profile });
  return { ...config, apps };
}
