import type { KeepPorts } from '../../config/keep-limits.ts';
import { wireConfigEdits } from '../../config/wire-config.ts';
import { type ConfigReport, configReport } from '../../config/wire-config-report.ts';
import { judgeSharedFolders } from '../../strict/wire-sandboxes.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What editing the user's config works with. @throws as wireConfigEdits */
export function configEdits(environment: Environment): KeepPorts {
  return wireConfigEdits(environment, (words) => judgeSharedFolders(words, environment));
}

/** What is to be said of the user's config. */
export function userConfigReport(environment: Environment): ConfigReport {
  return configReport(environment, (words) => judgeSharedFolders(words, environment));
}
