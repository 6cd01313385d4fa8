import type { DesktopDocument } from './document.ts';
import { mainGroup } from './parse.ts';

/** What decides, beside the entry itself, whether a menu shows it. */
export interface DisplayFacts {
  /** Of XDG_CURRENT_DESKTOP; undefined where there is none, and every desktop may be meant. */
  readonly desktops: readonly string[] | undefined;
  /** Whether a program, by name or by path, can be executed. */
  hasProgram(program: string): boolean;
}

/** The desktops that a session is, the most special first: "GNOME-Classic:GNOME". */
export function currentDesktops(variable: string | undefined): readonly string[] | undefined {
  const desktops = (variable ?? '').split(':').filter((name) => /^[A-Za-z0-9_-]+$/.test(name));
  return desktops.length === 0 ? undefined : desktops;
}

/**
 * Whether menus show an entry: one that GLib loads (g_desktop_app_info_new) and then shows (g_app_info_should_show). Its program is not
 * looked for, which the shell may find in another PATH.
 */
export function shouldShow(document: DesktopDocument, facts: DisplayFacts): boolean {
  if (document.get(mainGroup, 'Type') !== 'Application') return false;
  if (document.getBoolean(mainGroup, 'NoDisplay') || document.getBoolean(mainGroup, 'Hidden')) return false;
  const tryExec = document.get(mainGroup, 'TryExec');
  return isForDesktop(document, facts.desktops) && (!tryExec || facts.hasProgram(tryExec));
}

/** Whether an entry is for one of these desktops, the first of which that either list names decides (g_desktop_app_info_get_show_in). */
export function isForDesktop(document: DesktopDocument, desktops: readonly string[] | undefined): boolean {
  if (desktops === undefined) return true;
  const isListed = (key: string) => document.raw(mainGroup, key) !== undefined;
  const [only, not] = [document.getList(mainGroup, 'OnlyShowIn'), document.getList(mainGroup, 'NotShowIn')];
  for (const desktop of desktops) {
    if (only.includes(desktop)) return true;
    if (not.includes(desktop)) return false;
  }
  return !isListed('OnlyShowIn');
}
