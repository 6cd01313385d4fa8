import { basename } from 'node:path';
import type { ConfigStore } from '../config/io/config-store.ts';
import { containProcess } from '../contain/contain.ts';
import { encloseProcess, type Offer } from '../contain/enclose.ts';
import { localesOf } from '../domain/desktop-entry/locale.ts';
import { parseDesktopId } from '../domain/desktop-id.ts';
import { isRingfenceError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance.ts';
import { resolveProfile } from '../domain/profile.ts';
import { launchApp, runCommand } from '../launch/launch.ts';
import { watchShortage } from '../platform/files/watch-paths.ts';
import type { Log } from '../platform/journal/log.ts';
import { parseShadowOptions } from '../shadows/pure/shadow-options.ts';
import type { ShadowResult } from '../shadows/shadow-results.ts';
import type { Shadows } from '../shadows/shadows.ts';
import { type FollowedChanges, resultRows } from '../shadows/wire-shadows.ts';
import type { Desktop } from '../watch/desktop.ts';
import { launchLogger } from '../watch/log-instances.ts';
import { type HomeSurroundings, openHomes } from './home-backend.ts';
import type { RingfenceBackend } from './objects/ringfence-interface.ts';
import type { ShadowBackend } from './objects/shadow-methods.ts';
import { describeCapabilities, describeProfiles } from './pure/describe-host.ts';
import { settingsBackend } from './settings-backend.ts';
import { shareBackend } from './share-backend.ts';
import type { Fences } from './wire-fences.ts';

/** What the methods work with. */
export interface MethodPorts {
  readonly version: string;
  readonly log: Log;
  readonly config: Pick<ConfigStore, 'ask' | 'current' | 'lastError' | 'settled'>;
  readonly fences: Fences;
  readonly shadows: Shadows;
  readonly desktop: Pick<Desktop, 'rows'>;
  readonly following: FollowedChanges;
  /** To be called when what ListApps tells may have changed. */
  appsChanged(): void;
  imported: HomeSurroundings['imported'];
  /** The daemon's own environment. */
  readonly ownEnvironment: Readonly<Record<string, string | undefined>>;
  /** The user's environment, as the user manager has it. */
  environment(): Promise<Readonly<Record<string, string>>>;
}

/** What answers the methods of the main object, and how to wait for what is under way. */
export interface Methods {
  readonly backend: RingfenceBackend;
  /** Resolves when no launch is under way, and no import of a profile, of which it ends those that are. */
  settled(): Promise<void>;
}

/** Every launch, whoever asks, leaves one record in the journal, whatever came of it. */
export function openMethods(around: MethodPorts): Methods {
  const { log, config, fences } = around;
  const { ports } = fences;
  const logLaunched = launchLogger(log);
  const underWay = new Set<Promise<Instance>>();
  const logged = async (app: string, start: () => Promise<Instance>): Promise<Instance> => {
    const launching = start();
    underWay.add(launching);
    try {
      const instance = await launching;
      logLaunched(instance);
      return instance;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.event('launch-refused', reason, { app, reason, error: isRingfenceError(error) ? error.code : 'Failed' });
      throw error;
    } finally {
      underWay.delete(launching);
    }
  };
  /** As the journal names what was asked for: an id as other entries have it, or a name of the caller's. */
  const named = (texts: ReadonlyMap<string, string>, otherwise: string) => idIfAny(texts.get('app-id')) ?? otherwise;
  const nameOf = (pid: number, texts: ReadonlyMap<string, string>) =>
    named(texts, texts.get('name') ?? `process ${pid}`);
  const homes = openHomes({ ...around, instances: fences.instances, findEntry: ports.findEntry });
  const backend: RingfenceBackend = {
    version: around.version,
    launchApp: (appId, uris, texts) => logged(idIfAny(appId) ?? appId, () => launchApp(appId, uris, texts, ports)),
    runCommand: (argv, variables, texts) =>
      logged(named(texts, basename(argv[0] ?? '')), () => runCommand(argv, variables, texts, ports)),
    containProcess: (pid, texts) =>
      logged(nameOf(pid, texts), () => config.ask().then(() => containProcess(pid, texts, ports))),
    encloseProcess: (pid, texts) =>
      new Promise<Offer>((offer, refuse) => {
        logged(nameOf(pid, texts), () => config.ask().then(() => encloseProcess(pid, texts, offer, ports))).catch(
          refuse,
        );
      }),
    ...shadowBackend(around),
    ...settingsBackend({ ...around, enabledProfile: ports.enabledProfile }),
    ...homes.backend,
    ...shareBackend(around),
    listUsage: () => new Map(fences.instances.all().map(({ path, usage }) => [path, usage()])),
    profiles: () => describeProfiles(config.current()),
    capabilities: async () =>
      describeCapabilities(ports.host(), {
        sandbox: await fences.sandboxes.shortcoming(),
        watching: watchShortage('/'),
      }),
    desktop: () => around.desktop.rows(),
    configError: () => config.lastError()?.message ?? '',
  };
  return {
    backend,
    async settled() {
      await homes.close();
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

/** A desktop id with its ending; what is no id stays as it was given. */
function idIfAny(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : parseDesktopId(text).id;
  } catch {
    return text;
  }
}

function shadowBackend({ config, shadows, following, environment, appsChanged }: MethodPorts): ShadowBackend {
  const changed = async (results: readonly ShadowResult[]) => {
    await following.rewatch();
    if (results.some(({ change }) => change !== undefined)) appsChanged();
    return resultRows(results);
  };
  return {
    async enableApps(apps, texts) {
      const request = parseShadowOptions('enable', texts, apps.length);
      if (request.wish.profile !== undefined) resolveProfile(config.current().profiles, request.wish.profile);
      return changed(await shadows.enable({ apps, ...request }));
    },
    disableApps: async (apps, texts) =>
      changed(await shadows.disable({ apps, ...parseShadowOptions('disable', texts, apps.length) })),
    syncApps: async (texts) => changed(await shadows.sync(parseShadowOptions('sync', texts, 0))),
    listApps: async () => resultRows(await shadows.list(localesOf(await environment()))),
  };
}
