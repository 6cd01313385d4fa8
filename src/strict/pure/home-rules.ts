import {
  existingOnly,
  lockedFolders,
  neutralFiles,
  ownFolders,
  packagedHomes,
  placedPlugins,
  placedProfiles,
  plugins,
  profiles,
  secretFolders,
  secrets,
  startFiles,
  startFolders,
} from './guarded-paths.ts';
import type { SandboxHost, SandboxSettings } from './model.ts';
import { joinPath } from './path-relations.ts';

/** What strict does with one path of the home unless the user says otherwise. */
export interface HomeRule {
  readonly path: string;
  readonly access: 'hidden' | 'read-only';
  /** What to place where nothing is yet; without it a missing path stays missing. */
  readonly place?: { readonly kind: 'folder' | 'file'; readonly content: string };
  /** Ringfence's own: no setting of the user's opens it. */
  readonly locked: boolean;
}

type Bases = Pick<SandboxHost, 'home' | 'configHome' | 'dataHome' | 'stateHome' | 'cacheHome'>;

/**
 * The rules of the home, for an app: secrets and other apps' profiles hidden, and whatever some program outside would
 * run, load or source later read-only. docs/security.md repeats the classes and says what stays open.
 */
export function homeRules({ appId }: Pick<SandboxSettings, 'appId'>, bases: Bases): HomeRule[] {
  const expand = (template: string): string => expandTemplate(template, bases);
  const rule = (access: HomeRule['access'], place?: HomeRule['place'], locked = false) => {
    return (template: string): HomeRule => ({ path: expand(template), access, locked, ...(place && { place }) });
  };
  return [
    ...ownFolders.map(rule('hidden', emptyFolder, true)),
    ...secretFolders.map(rule('hidden', emptyFolder)),
    ...secrets.map(rule('hidden')),
    ...notOf(appId, profiles).map(rule('hidden')),
    ...notOf(appId, placedProfiles).map(rule('hidden', emptyFolder)),
    ...packagedHomes.map(rule('hidden')),
    ...notOf(appId, plugins).map(rule('read-only')),
    ...notOf(appId, placedPlugins).map(rule('read-only', emptyFolder)),
    ...lockedFolders.map(rule('read-only', emptyFolder, true)),
    ...startFolders.map(rule('read-only', emptyFolder)),
    ...startFiles.map(rule('read-only', { kind: 'file', content: '' })),
    ...neutralFiles.map(([template, content]) => rule('read-only', { kind: 'file', content })(template)),
    ...existingOnly.map(rule('read-only')),
  ];
}

const emptyFolder = { kind: 'folder', content: '' } as const;

function notOf(appId: string, table: typeof profiles): string[] {
  return table.filter(([appIds]) => !appIds.test(appId)).flatMap(([, folders]) => folders);
}

function expandTemplate(template: string, bases: Bases): string {
  const slash = template.indexOf('/');
  const folders: Record<string, string> = {
    '~': bases.home,
    $config: bases.configHome,
    $data: bases.dataHome,
    $state: bases.stateHome,
    $cache: bases.cacheHome,
  };
  return joinPath(folders[template.slice(0, slash)] ?? bases.home, template.slice(slash + 1));
}
