import { joinPath } from '../../domain/path-relations.ts';

/** Links of these open outside without a question, by the user's browser and mail program, where an app has the network anyway. */
export const webSchemes = ['http', 'https', 'mailto'];

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

/** The schemes that are asked about, of those that these files name a handler for; in the order of the alphabet. */
export function askedSchemes(texts: readonly string[], { network }: { readonly network: boolean }): string[] {
  const named = texts.flatMap((text) => [...text.matchAll(/^\s*x-scheme-handler\/([a-z][a-z0-9+.-]*)\s*=/gim)]);
  const schemes = new Set(named.map(([, scheme = '']) => scheme.toLowerCase()));
  const others = [...schemes].filter((scheme) => !webSchemes.includes(scheme));
  // A link tells whoever it leads to what is in it: a way out for an app that has no other.
  return [...others, ...(network ? [] : webSchemes)].sort();
}
