import type { Setting } from './config/setting.ts';

/** The keys of the section [notifications]: what the daemon shows a desktop notification of, unless it is switched off. */
export const noticeNames = ['memory-limit', 'tasks-limit', 'cpu-limit'] as const;

export type NoticeName = (typeof noticeNames)[number];

/** What the section says, all files laid over each other. */
export type Notices = ReadonlyMap<NoticeName, Setting<boolean>>;

/** Whether `text` is a key of the section. */
export function isNoticeName(text: string): text is NoticeName {
  return (noticeNames as readonly string[]).includes(text);
}

/** The key for a limit that was reached. */
export const noticeOfLimit = {
  'memory-max': 'memory-limit',
  'tasks-max': 'tasks-limit',
  'cpu-quota': 'cpu-limit',
} as const satisfies Readonly<Record<string, NoticeName>>;

/** All are shown: whoever is not told why an app ended thinks that it crashed. */
export const builtInNotices: Notices = new Map(
  noticeNames.map((name) => [name, { value: true, origin: { kind: 'built-in' } }]),
);
