import { editConfig } from '../../config/edit-config.ts';
import { readConfig } from '../../domain/config/read-config.ts';
import type { Rows } from './client.ts';
import type { Context } from './command.ts';
import { appsOf } from './enabled-limits.ts';
import { profileIn } from './profile-of-app.ts';
import { configEdits } from './user-config.ts';

/**
 * The configuration has the first word about an app's profile. Where it names another than the one that apps were just enabled with,
 * it gets that one, and this is said: who asks for strict is not to get less.
 * @throws RingfenceError as editConfig
 */
export async function keepProfile(rows: Rows, profile: string, { environment, terminal }: Context): Promise<void> {
  const ports = configEdits(environment);
  const { config, errors } = readConfig(ports.sources());
  // Its last good state is in force, and the warning about that comes anyway.
  if (errors.length > 0) return;
  for (const name of appsOf(rows)) {
    const before = profileIn(config, name, { environment })?.value ?? profile;
    if (before === profile) continue;
    await editConfig([{ section: { kind: 'app', name }, key: 'profile', value: profile }], ports);
    terminal.warn(`${name}: profile ${profile} saved in ${ports.file}, in place of ${before}`);
  }
}
