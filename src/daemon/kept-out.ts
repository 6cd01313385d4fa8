import { basename, dirname } from 'node:path';
import type { Instance } from '../domain/instance.ts';
import type { Notice } from '../watch/pure/limit-notice.ts';
import { type KeptOut, keptOutNotice, sharedLaterNotice } from './pure/kept-out-notice.ts';
import { openSecretButtons } from './secret-buttons.ts';

/** What such notices are carried by. */
export interface KeptOutPorts {
  instanceOf(unit: string): Instance | undefined;
  /** Whether the user was told about this app, at any time; `tell`: from now on. */
  isTold(app: string): boolean;
  tell(app: string): void;
  /** A folder as users write it; undefined for one that cannot be shared. */
  wordOf(folder: string): Promise<string | undefined>;
  /** Resolves to the notice's number; it takes the place of what stands about the app. Rejects where nobody shows notifications. */
  show(notice: Notice, app: string): Promise<number>;
  iconOf(app: string): Promise<string | undefined>;
  /** Lets it in. Resolves to why what runs has it from its next start only; undefined where it has it now. */
  share(app: string, word: string): Promise<string | undefined>;
  /** A word that nobody can guess: an app may put a notice of its own in the place of this one. */
  secret(): string;
  /** Told what a button could not do. */
  failed(what: string, error: unknown): void;
}

/** A file or folder that a sandbox was given to be read, and by its dialog was to write. */
export interface DocumentKeptOut {
  readonly unit: string;
  readonly path: string;
  readonly isFolder: boolean;
}

/** One notification for each app, once: of what its sandbox keeps out, a user may miss, and sharing would let in. */
export interface KeptOutNotices {
  keptOut(document: DocumentKeptOut): Promise<void>;
  pressed(number: number, key: string): Promise<void>;
  closed(number: number): void;
}

export function openKeptOutNotices(ports: KeptOutPorts): KeptOutNotices {
  const buttons = openSecretButtons<KeptOut>('share', ports.secret);
  const underWay = new Set<string>();
  return {
    async keptOut({ unit, path, isFolder }) {
      const { app = '', name = '' } = ports.instanceOf(unit)?.report ?? {};
      if (app === '' || underWay.has(app) || ports.isTold(app)) return;
      // An app asks many times a second.
      underWay.add(app);
      try {
        const folder = await ports.wordOf(isFolder ? path : dirname(path));
        if (folder === undefined) return void underWay.delete(app);
        const told = { app, name, folder, file: isFolder ? undefined : basename(path) };
        const icon = await ports.iconOf(app).catch(() => undefined);
        await buttons.show(keptOutNotice(told, icon), told, (notice) => ports.show(notice, app));
        ports.tell(app);
      } catch {
        // Nobody shows notifications here, and the app has its error.
      }
    },

    async pressed(number, key) {
      const told = buttons.pressed(number, key);
      if (told === undefined) return;
      try {
        const reason = await ports.share(told.app, told.folder);
        if (reason === undefined) return;
        const icon = await ports.iconOf(told.app).catch(() => undefined);
        await ports.show(sharedLaterNotice(told, reason, icon), told.app);
      } catch (error) {
        ports.failed(`share ${told.folder} with ${told.name}`, error);
      }
    },

    closed: buttons.closed,
  };
}
