import { parseDesktopId } from '../domain/desktop-id.ts';
import { RingfenceError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance.ts';
import type { LaunchPorts } from '../launch/ports.ts';
import type { FoundHome, HomePorts } from '../strict/wire-homes.ts';
import type { HomeBackend } from './objects/home-methods.ts';

/** What the methods about homes work with. */
export interface HomeSurroundings {
  readonly instances: { all(): readonly Instance[] };
  readonly findEntry: LaunchPorts['findEntry'];
  /** The daemon's own. */
  readonly ownEnvironment: Readonly<Record<string, string | undefined>>;
  /** The user's environment, as the user manager has it. */
  environment(): Promise<Readonly<Record<string, string>>>;
  /** To be told how far an import is. `name`: the app's id without ".desktop". */
  imported(name: string, progress: ReadonlyMap<string, string>): void;
}

/** What answers the methods about homes, and how to wait for the imports that are under way. */
export interface Homes {
  readonly backend: HomeBackend;
  /** Ends what is under way, undone; resolves when nothing is. */
  close(): Promise<void>;
}

/** How far an import is, is told so often, in ms. */
const pace = 250;

/** Homes are looked at and changed off the event loop: they may be of any size. */
export function openHomes(around: HomeSurroundings): Homes {
  const underWay = new Set<Promise<unknown>>();
  let isClosing = false;
  const ports: HomePorts = {
    running: () =>
      around.instances.all().map(({ report: { app, unit, rows } }) => ({
        app,
        unit,
        home: rows.find(({ name }) => name === 'own-home')?.value,
      })),
  };
  const track = async <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    try {
      return await work;
    } finally {
      underWay.delete(work);
    }
  };
  const importInto = async (name: string) => {
    const { importHome, profileSize } = await wired();
    const home = await find(name, around);
    const total = await profileSize(home);
    let told = Number.NEGATIVE_INFINITY;
    const { files, bytes, skipped } = await importHome(home, ports, (sofar) => {
      if (isClosing)
        throw new RingfenceError('Unreachable', `cannot import the profile of ${home.id}: the daemon ends; try again`);
      if (performance.now() - told < pace) return;
      told = performance.now();
      around.imported(home.id, amounts({ files: sofar.files, bytes: sofar.bytes, 'bytes-total': total }));
    });
    return { done: amounts({ files, bytes }), skipped };
  };
  return {
    backend: {
      async getHome(name) {
        const { homeSize, profileThere } = await wired();
        const home = await find(name, around);
        const said = { path: home.path, exists: home.exists ? 'yes' : 'no', bytes: String(await homeSize(home)) };
        return { home: new Map(Object.entries(said)), profile: profileThere(home) };
      },
      importHome: (name) => track(importInto(name)),
      async resetHome(name) {
        const { resetHome } = await wired();
        return resetHome(await find(name, around), ports);
      },
    },
    async close() {
      isClosing = true;
      await Promise.allSettled(underWay);
    },
  };
}

/** Read when it is asked for: a click needs nothing of it. */
const wired = () => import('../strict/wire-homes.ts');

/** One that is there, or that of an app that is. @throws RingfenceError NoSuchApp, InvalidArgument */
async function find(name: string, { ownEnvironment, environment, findEntry }: HomeSurroundings): Promise<FoundHome> {
  const { askForProfile, findHome } = await wired();
  const id = parseDesktopId(name);
  // As starts see it: homes are where the user manager's environment has them, and their locks beside the daemon's.
  const variables = await environment();
  const home = findHome(id.name, { ...variables, XDG_RUNTIME_DIR: ownEnvironment['XDG_RUNTIME_DIR'] });
  await askForProfile(home);
  if (!home.exists) findEntry(id, new Map(Object.entries(variables)));
  return home;
}

function amounts(all: Readonly<Record<string, number>>): Map<string, string> {
  return new Map(Object.entries(all).map(([name, amount]) => [name, String(amount)]));
}
