import { readFileSync } from 'node:fs';
import { appKey, type Config } from '../../domain/config/model.ts';
import type { Setting } from '../../domain/config/setting.ts';
import { xdgFolders } from '../../domain/xdg-folders.ts';
import { enabledProfile } from '../../shadows/pure/enabled-profile.ts';
import { emptyManifest, manifestPath, parseManifest, wishFor } from '../../shadows/pure/manifest.ts';
import type { Context } from './command.ts';

/**
 * The profile that an app was enabled with, which counts where the configuration names none for it.
 * @throws RingfenceError Failed when the manifest is damaged
 */
export function profileOfEnabled(
  app: string,
  { environment }: Pick<Context, 'environment'>,
): Setting<string> | undefined {
  const path = manifestPath(xdgFolders(environment).data ?? '');
  const id = `${app}.desktop`;
  return enabledProfile(id, wishFor(readManifest(path), id), path);
}

/** The profile that counts for an app by a configuration, which has the first word. @throws as `profileOfEnabled` */
export function profileIn(
  config: Config,
  app: string,
  context: Pick<Context, 'environment'>,
): Setting<string> | undefined {
  return config.apps.get(appKey(app))?.profile ?? profileOfEnabled(app, context);
}

/** The folders that were made for the files of enabled apps. @throws as `profileOfEnabled` */
export function foldersOfEnabled({ environment }: Pick<Context, 'environment'>): readonly string[] {
  return readManifest(manifestPath(xdgFolders(environment).data ?? '')).folders;
}

function readManifest(path: string) {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // Nothing is enabled, or it is not this user's to know.
    return emptyManifest;
  }
  return parseManifest(path, text);
}
