import { appKey } from '../../domain/config/model.ts';
import type { Notice } from '../../watch/pure/limit-notice.ts';

/** A strict app that was there for a moment only. */
export interface EndedAtOnce {
  /** Desktop id and name of the app. */
  readonly app: string;
  readonly name: string;
  readonly unit: string;
  readonly exitCode: string;
  /** The bus name that it asked for last, and was refused. */
  readonly refused: string | undefined;
  /** Whether that is offered. */
  readonly mayHave: boolean;
}

/** What a user is told of it, who has clicked and sees nothing. */
export function endedNotice(ended: EndedAtOnce, icon: string | undefined): Notice {
  const key = appKey(ended.app);
  return {
    summary: `${ended.name} ended at once`,
    body: `It is strict, and ${reasonOf(ended, key)}`,
    desktopEntry: key,
    icon: icon ?? key,
    isUrgent: false,
    buttons: ended.mayHave ? [['have', 'Let It Have the Name, and Start']] : [],
  };
}

function reasonOf({ unit, exitCode, refused, mayHave }: EndedAtOnce, key: string): string {
  if (refused === undefined) {
    return `it failed (exit code ${exitCode}). What it printed: journalctl --user -u ${unit}`;
  }
  const asked = `asked for the bus name ${refused}, which strict apps do not get`;
  if (!mayHave) return `${asked}: it is not called like this app, or belongs to another program.`;
  return `${asked} unless own-names has it. Let it have the name, now or later: ringfence config set ${key} own-names ${refused}`;
}
