import { appKey } from '../../domain/config/model.ts';
import type { Notice } from '../../watch/pure/limit-notice.ts';

/** Whether an app is one that people want to hear, by the Categories of its entry (Desktop Menu Specification). */
export function wantsSound(categories: string): boolean {
  return categories.split(';').some((category) => heard.includes(category));
}

const heard = ['AudioVideo', 'Audio', 'Video', 'Player', 'WebBrowser', 'Game', 'VideoConference'];

/** What a user is told of a strict app that has no sound, with the button and the command that let it have it. */
export function soundNotice({ app, name }: { app: string; name: string }, icon: string | undefined): Notice {
  const key = appKey(app);
  return {
    summary: `${name} has no sound`,
    body: `It is strict, and a sound server does more for programs than play. Allow sound from its next start on, now or later: ringfence config set ${key} sound true`,
    desktopEntry: key,
    icon: icon ?? key,
    isUrgent: false,
    buttons: [['sound', 'Allow Sound']],
  };
}
