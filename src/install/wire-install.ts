import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../domain/config/read-config.ts';
import { isRingfenceError } from '../domain/errors.ts';
import { xdgFolders } from '../domain/xdg-folders.ts';
import { sessionBusAddress } from '../platform/dbus/address.ts';
import { type BusConnection, connectBus } from '../platform/dbus/connection.ts';
import { takeLock } from '../platform/files/lock-file.ts';
import { openNotesFile } from '../platform/owned-files/notes-file.ts';
import { openOwnedFiles } from '../platform/owned-files/owned-files.ts';
import { reloadBus, reloadManager } from '../platform/systemd/bus-driver.ts';
import { openOwnUnit } from '../platform/systemd/own-unit.ts';
import { connectUserManager } from '../platform/systemd/user-manager.ts';
import { wireShadows } from '../shadows/wire-shadows.ts';
import { forgetGoneHomes } from '../strict/io/homes.ts';
import type { UninstallPorts } from './ports.ts';
import { parseInstallManifest } from './pure/manifest.ts';
import { installPlaces, unitName } from './pure/places.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The adapters of install and uninstall, and how to let go of them. */
export interface InstallWiring extends UninstallPorts {
  close(): Promise<void>;
}

/** Puts them together. Without a session bus or user manager, files can be installed all the same. */
export async function wireInstall(environment: Environment, version: string): Promise<InstallWiring> {
  const places = installPlaces(environment);
  const bus = await connectOrNothing(environment);
  const systemd = bus && (await connectUserManager(bus).catch(() => undefined));
  const managed = { ...environment, ...(systemd && Object.fromEntries(await systemd.environment())) };
  const locks = environment['XDG_RUNTIME_DIR'] ?? join(tmpdir(), `ringfence-${process.getuid?.()}`);
  const files = openOwnedFiles({ staging: places.staging, durable: true });
  return {
    places,
    files,
    manifest: openNotesFile(places.manifest, parseInstallManifest, files.disk),
    unit: bus && systemd && openOwnUnit(bus, unitName),
    async lock(doing) {
      const unlock = await takeLock(join(locks, 'ringfence/install.lock'), 10_000, doing);
      return () => {
        unlock();
        if (doing === 'uninstall') files.disk.removeFolder(join(locks, 'ringfence'));
      };
    },
    async disableAll(dryRun) {
      const shadows = wireShadows({
        environment: async () => managed,
        clientPath: `${places.package}/dist/ringfence-open`,
        version,
        // Nothing is going to be written for which either would count.
        config: () => readConfig([]).config,
        host: () => ({
          memoryBytes: 0n,
          swapBytes: 0n,
          taskCeiling: 0n,
          controllers: new Set(),
          kernelHas: () => false,
          systemdVersion: 0,
        }),
        servicesChanged: async () => void (bus && (await reloadBus(bus))),
        dropInsChanged: async () => void (systemd && bus && (await reloadManager(bus))),
      });
      return shadows.disable({ apps: [], all: true, dryRun, wish: {} });
    },
    traces: () => [
      join(places.state, 'ringfence/last-good-config.json'),
      ...['told-apps', 'told-of-sound', 'told-ends'].map((name) => join(places.state, `ringfence/${name}.json`)),
      // Code caches of 0.1.0, which kept them there.
      ...list(join(places.cache, 'ringfence'))
        .filter((name) => /^[a-z-]+-v\d.*\.cache(\.\d+)?$/.test(name))
        .map((name) => join(places.cache, 'ringfence', name)),
    ],
    forgetGoneHomes() {
      const { home = '', config = '' } = xdgFolders(environment);
      forgetGoneHomes({ data: places.data, config, user: home });
    },
    emptyFolders: () => [
      ...['instances', 'sandboxes', 'homes'].map((name) => join(locks, 'ringfence', name)),
      join(locks, '.flatpak'),
    ],
    close: async () => void (await bus?.close()),
  };
}

async function connectOrNothing(environment: Environment): Promise<BusConnection | undefined> {
  try {
    return await connectBus(sessionBusAddress(environment));
  } catch (error) {
    if (isRingfenceError(error, 'Unreachable')) return undefined;
    throw error;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
