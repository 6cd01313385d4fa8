type Environment = Readonly<Record<string, string | undefined>>;

/** The folders of a user, as the XDG Base Directory Specification has them. Absolute, without a slash at the end. */
export interface XdgFolders {
  /** The five: undefined where the environment names neither the folder nor a home. */
  readonly home: string | undefined;
  readonly data: string | undefined;
  readonly config: string | undefined;
  readonly state: string | undefined;
  readonly cache: string | undefined;
  /** Behind `data` and `config`, in order of precedence. */
  readonly dataDirs: readonly string[];
  readonly configDirs: readonly string[];
}

/** Reads them from an environment. Relative paths count for nothing, as the specification demands. */
export function xdgFolders(environment: Environment): XdgFolders {
  const home = absolute(environment['HOME']);
  const own = (name: string, below: string) =>
    absolute(environment[name]) ?? (home === undefined ? undefined : `${home === '/' ? '' : home}/${below}`);
  const shared = (name: string, otherwise: string) =>
    (environment[name] || otherwise).split(':').flatMap((path) => absolute(path) ?? []);
  return {
    home,
    data: own('XDG_DATA_HOME', '.local/share'),
    config: own('XDG_CONFIG_HOME', '.config'),
    state: own('XDG_STATE_HOME', '.local/state'),
    cache: own('XDG_CACHE_HOME', '.cache'),
    dataDirs: shared('XDG_DATA_DIRS', '/usr/local/share:/usr/share'),
    configDirs: shared('XDG_CONFIG_DIRS', '/etc/xdg'),
  };
}

function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') ? path.replace(/(?<=.)\/+$/, '') : undefined;
}
