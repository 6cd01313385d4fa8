import { attempt, type Surroundings } from '../page.ts';
import { type App, isEnabled } from '../pure/apps.ts';
import { translate as _, fill } from '../words.ts';

/** Has an app's usual icon start it in its fence, or no longer, with a way back. Resolves to whether that was done. */
export async function switchApp(app: App, toEnabled: boolean, around: Surroundings): Promise<boolean> {
  const { daemon } = around;
  return attempt(around, async () => {
    const rows = await daemon.setEnabled([app.id], toEnabled);
    const refused = rows.find(({ state }) => state === 'failed' || state === 'skipped' || state === 'not-installed');
    if (refused !== undefined) throw new Error(refused['reason'] ?? refused['state']);
    const said = toEnabled ? _('{name} starts in its fence now') : _('{name} starts without a fence now');
    around.done(fill(said, { name: app.name }), () => daemon.setEnabled([app.id], isEnabled(app)));
  });
}
