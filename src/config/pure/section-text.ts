import { RingfenceError } from '../../domain/errors.ts';
import type { ConfigSection } from './config-key.ts';

/**
 * A section by its heading in the file: "app.firefox", "profile.browser", "desktop", "notifications", or "" for the top. An app's id has no quotes here.
 * @throws RingfenceError InvalidArgument
 */
export function parseSection(text: string): ConfigSection {
  if (text === '') return { kind: 'top' };
  if (text === 'desktop' || text === 'notifications') return { kind: text };
  const [, kind, name] = /^(app|profile)\.(.+)$/s.exec(text) ?? [];
  if (kind === undefined || name === undefined) {
    const shown = JSON.stringify(text.slice(0, 60));
    throw new RingfenceError(
      'InvalidArgument',
      `cannot use the section ${shown}: expected app.ID, profile.NAME, desktop or notifications`,
    );
  }
  return { kind: kind as 'app' | 'profile', name: kind === 'app' ? name.replace(/\.desktop$/, '') : name };
}
