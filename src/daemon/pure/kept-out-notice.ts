import { appKey } from '../../domain/config/model.ts';
import type { Notice } from '../../watch/pure/limit-notice.ts';

/** What a strict app was let read by a dialog, and not write. */
export interface KeptOut {
  /** Desktop id and name of the app. */
  readonly app: string;
  readonly name: string;
  /** The folder, or the one in which the file lies, as users write it. */
  readonly folder: string;
  /** Undefined where the folder was chosen itself. */
  readonly file: string | undefined;
}

/** What a user is told of it, with the button and the command that let it in. */
export function keptOutNotice({ app, name, folder, file }: KeptOut, icon: string | undefined): Notice {
  const key = appKey(app);
  const way = `ringfence share ${key} ${quoted(folder)}`;
  return {
    summary: file === undefined ? `${name} can only read ${folder}` : `${name} cannot save ${file} in ${folder}`,
    body: `It is strict, and a dialog lets it only read there. Share the folder to have it write, now or later: ${way}`,
    desktopEntry: key,
    icon: icon ?? key,
    isUrgent: false,
    buttons: [['share', `Share ${folder}`]],
  };
}

/** What a user is told whose button could not let it in at once. */
export function sharedLaterNotice({ app, name, folder }: KeptOut, reason: string, icon: string | undefined): Notice {
  const key = appKey(app);
  return {
    summary: `${name} has ${folder} when you start it again`,
    body: `It is shared, and what runs cannot have it: ${reason}.`,
    desktopEntry: key,
    icon: icon ?? key,
    isUrgent: false,
    buttons: [],
  };
}

/** For a shell, which is to expand "~". */
function quoted(folder: string): string {
  return /^[\w~/.,@%+-]+$/.test(folder)
    ? folder
    : `"${folder.replace(/["`$\\]/g, '\\$&').replace(/^~(?=\/)/, '$$HOME')}"`;
}
