import { appKey } from '../../domain/config/model.ts';

/** A desktop notification (Desktop Notifications Specification): buttons by the key that comes back when one is pressed. */
export interface Notice {
  readonly summary: string;
  readonly body: string;
  /** The desktop id without ".desktop", by which the desktop shows the app's name and icon; empty for a command. */
  readonly desktopEntry: string;
  /** A name in the icon theme or an absolute path. */
  readonly icon: string;
  /** Whether something was lost or refused: it stays until it is read. */
  readonly isUrgent: boolean;
  readonly buttons: readonly (readonly [key: string, label: string])[];
}

/** What there is for a notice besides its words. */
export interface NoticeMeans {
  /** Whether there is a window that shows the app. */
  readonly canShow: boolean;
  /** What the app's entry has as its icon; without one, most themes have one under the app's id. */
  readonly icon?: string | undefined;
}

/** What a user is told of a limit that was reached: who, which, what died, and what can be done about it. */
export function limitNotice(
  limit: string,
  details: ReadonlyMap<string, string>,
  { canShow, icon }: NoticeMeans = { canShow: false },
): Notice {
  const [name = '', app = '', value, suggested] = ['name', 'app', 'value', 'suggested'].map((key) => details.get(key));
  const raise = suggested === undefined ? [] : [['raise', `Raise to ${amountText(suggested)}`] as const];
  const restart = app === '' ? [] : [['restart', 'Restart'] as const];
  const show = app === '' || !canShow ? [] : [['show', 'Show'] as const];
  const told = {
    desktopEntry: appKey(app),
    icon: icon ?? (app === '' ? 'dialog-warning' : appKey(app)),
    buttons: [...raise, ...restart, ...show],
    isUrgent: limit !== 'cpu-quota',
  };
  if (limit === 'cpu-quota') {
    const most = value === undefined ? '' : ` of ${value.replace('%', ' %')} of a processor`;
    const body = 'For most of the last half minute it had to wait. It goes on, more slowly than it could.';
    return { ...told, summary: `${name} is held back by its CPU limit${most}`, body };
  }
  if (limit !== 'memory-max') {
    const body = 'It is refused new processes and threads.';
    return { ...told, summary: `${name} has reached its limit of ${value ?? 'all'} processes`, body };
  }
  const most = value === undefined ? '' : ` of ${bytesText(BigInt(value))}`;
  const count = Number(details.get('count') ?? 1);
  const died = count > 1 ? `${count} of its processes were ended` : 'One of its processes was ended';
  const lost = `${died}, so that the rest of your desktop goes on. What was not saved there may be lost.`;
  if (details.has('cause')) {
    const used = 'All apps together, or this computer, had used it up.';
    return { ...told, summary: `There was no memory left for ${name}`, body: `${used} ${lost}` };
  }
  return { ...told, summary: `${name} has reached its memory limit${most}`, body: lost };
}

/** "8G" as the command line has it: "8 GiB"; "100%": "100 %". A number of tasks stays as it is. */
function amountText(text: string): string {
  return text.replace(/^(\d+)([KMGT])$/, '$1 $2iB').replace(/%$/, ' %');
}

function bytesText(bytes: bigint): string {
  const [unit, size] = bytes >= 2n ** 30n ? ['GiB', 2 ** 30] : ['MiB', 2 ** 20];
  return `${Number((Number(bytes) / Number(size)).toFixed(1))} ${unit}`;
}
