import { joinPath } from './path-relations.ts';

/** Links of these open outside without a question, by the user's browser and mail program. */
const unasked = ['http', 'https', 'mailto'];

/** The folders in which a session's programs look for who opens what. */
export interface AssociationFolders {
  readonly config: readonly string[];
  readonly data: readonly string[];
  /** XDG_CURRENT_DESKTOP. */
  readonly desktop: string;
}

/** The files that say who opens what, where they may be (mime-apps-spec 1.0.1, "File name and location"; GLib reads the caches too). */
export function associationFiles({ config, data, desktop }: AssociationFolders): string[] {
  const desktops = desktop.split(':').filter((name) => /^[\w.-]+$/.test(name));
  const lists = [...desktops.map((name) => `${name.toLowerCase()}-mimeapps.list`), 'mimeapps.list'];
  const places = data.map((folder) => joinPath(folder, 'applications'));
  return [
    ...[...config, ...places].flatMap((folder) => lists.map((name) => joinPath(folder, name))),
    ...places.flatMap((folder) => ['defaults.list', 'mimeinfo.cache'].map((name) => joinPath(folder, name))),
  ];
}

/** The schemes that these files name a handler for, but for those that need no question; in the order of the alphabet. */
export function askedSchemes(texts: readonly string[]): string[] {
  const named = texts.flatMap((text) => [...text.matchAll(/^\s*x-scheme-handler\/([a-z][a-z0-9+.-]*)\s*=/gim)]);
  const schemes = new Set(named.map(([, scheme = '']) => scheme.toLowerCase()));
  return [...schemes].filter((scheme) => !unasked.includes(scheme)).sort();
}
