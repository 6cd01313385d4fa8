import { pathsToInspect } from '../../../../src/strict/pure/marks.ts';
import type { PathFact, SandboxHost, SandboxSettings } from '../../../../src/strict/pure/model.ts';

/** Settings that say nothing beyond the defaults. */
export const plainSettings: SandboxSettings = {
  appId: 'org.example.Reader',
  network: true,
  x11: true,
  sound: false,
  readWritePaths: [],
  readOnlyPaths: [],
  inaccessiblePaths: [],
};

export const home = '/home/anna';

const folders: Omit<SandboxHost, 'paths'> = {
  home,
  configHome: `${home}/.config`,
  dataHome: `${home}/.local/share`,
  stateHome: `${home}/.local/state`,
  cacheHome: `${home}/.cache`,
  runtimeDir: '/run/user/1000',
  cgroup: '/user.slice/user-1000.slice/user@1000.service/app.slice/app-ringfence-org.example.Reader-7.scope',
  busSocket: '/run/user/1000/ringfence/sandbox/7/bus',
};

/** A session of uid 1000 in which `facts` exist (a folder unless said otherwise) and nothing else does. */
export function hostWith(
  facts: Record<string, PathFact['kind'] | PathFact>,
  rest: Partial<SandboxHost> = {},
): SandboxHost {
  const paths = new Map(
    Object.entries(facts).map(([path, fact]) => [path, typeof fact === 'string' ? ({ kind: fact } as PathFact) : fact]),
  );
  return { ...folders, ...rest, paths };
}

/** A session in which everything exists that a plan asks about. */
export function fullHost(settings: SandboxSettings, rest: Partial<SandboxHost> = {}): SandboxHost {
  const asked = pathsToInspect(settings, folders);
  const isFile = (path: string): boolean =>
    /\/\.[a-z_]*(rc|profile|login|logout|aliases|config|env|conf|netrc)$/.test(path);
  return hostWith(Object.fromEntries(asked.map((path) => [path, isFile(path) ? 'file' : 'folder'] as const)), rest);
}
