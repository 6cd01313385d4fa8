import { changeSetting } from '../config/change-setting.ts';
import type { ConfigStore } from '../config/io/config-store.ts';
import { effectiveSettings } from '../config/pure/effective-settings.ts';
import { parseSection } from '../config/pure/section-text.ts';
import { wireConfigEdits } from '../config/wire-config.ts';
import { describeOrigin } from '../domain/config/setting.ts';
import type { FencePorts } from '../launch/ports.ts';
import { askForSharedFolders, judgeSharedFolders } from '../strict/wire-sandboxes.ts';
import type { SettingsBackend } from './objects/settings-methods.ts';

/** What the methods about settings and this computer work with. */
export interface SettingsPorts {
  readonly version: string;
  readonly config: Pick<ConfigStore, 'current' | 'lastError'>;
  readonly enabledProfile: FencePorts['enabledProfile'];
  /** The daemon's own, which says where the configuration is. */
  readonly ownEnvironment: Readonly<Record<string, string | undefined>>;
  /** The user's environment, as the user manager has it; what it leads to, and what is shared, has been asked whether it answers. */
  environment(): Promise<Readonly<Record<string, string>>>;
}

/** What answers the methods about settings and about this computer. */
export function settingsBackend(around: SettingsPorts): SettingsBackend {
  const { config, ownEnvironment } = around;
  return {
    getConfig(text) {
      const section = parseSection(text);
      const enabled = section.kind === 'app' ? around.enabledProfile(`${section.name}.desktop`) : undefined;
      return effectiveSettings(config.current(), section, enabled).map(
        ({ key, value, origin }) =>
          new Map([
            ['key', key],
            ['value', value],
            ['origin', describeOrigin(origin)],
          ]),
      );
    },
    async setConfig(section, key, words) {
      // As a start would find them.
      const started = { ...ownEnvironment, ...(await around.environment()) };
      await askForSharedFolders(words, started);
      const ports = wireConfigEdits(ownEnvironment, (shared) => judgeSharedFolders(shared, started));
      return changeSetting({ section: parseSection(section), key }, words, ports);
    },
    async doctor() {
      // Read when it is asked for: a click needs nothing of it.
      const { examineHost } = await import('../install/wire-doctor.ts');
      const findings = await examineHost({ ...ownEnvironment, ...(await around.environment()) }, around.version);
      return findings.map((finding) => new Map(Object.entries(finding)));
    },
  };
}
