import type { SystemPath } from './model.ts';

/** The descriptors of a bus filter in its box. */
const proxyFds = { sync: 3, args: 4, info: 5, told: 6 } as const;

/** What the box of a bus filter is made of; paths are absolute. */
export interface ProxyBox {
  readonly proxy: string;
  /** What there is of `proxyBoxPaths`. */
  readonly system: readonly SystemPath[];
  /** The folder in which it makes its sockets, the only one that it may write. */
  readonly sockets: string;
}

/** Folders with the filter itself, and those in which a bus may have its socket. */
export function proxyBoxPaths(sockets: string): string[] {
  const usual = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix', '/gnu', '/etc'];
  return [...new Set([...usual, '/run', '/tmp', '/var', '/home', `/${sockets.split('/')[1]}`])];
}

/**
 * Arguments of bubblewrap for a sandbox around the bus filter alone, whose root has `/.flatpak-info`: portals look there, at whoever
 * sits at the other end of the connection, for who the app is. Its contents come through a descriptor and make a file of the root's
 * own; a mount would be gone a moment before the root is. The app itself does not see it: programs that do ask flatpak for things.
 */
export function proxyBoxArgs({ proxy, system, sockets }: ProxyBox): string[] {
  return [
    ...system.flatMap(({ path, link }) => (link === undefined ? ['--ro-bind', path, path] : ['--symlink', link, path])),
    ...['--bind', sockets, sockets],
    ...['--perms', '0600', '--file', String(proxyFds.info), '/.flatpak-info'],
    ...['--remount-ro', '/', '--chdir', '/'],
    ...['--info-fd', String(proxyFds.told)],
    ...['--', proxy, `--args=${proxyFds.args}`],
  ];
}

/** In bytes: what a bus filter can say until nothing more is kept. */
export const longestSaid = 65_536;

/**
 * The argv of a program whose files end at that size: what it writes beyond fails, and it goes on. (dash and bash count blocks of 512 and
 * 1024 bytes: that is no less than the size, and at most twice.)
 */
export function sayingLess(argv: readonly string[]): string[] {
  return ['/bin/sh', '-c', `trap '' XFSZ; ulimit -f ${longestSaid / 512}; exec "$0" "$@"`, ...argv];
}

/** The process that bubblewrap has started, from what it writes to `--info-fd`; undefined when that is not all yet. */
export function toldChild(text: string): number | undefined {
  if (!text.includes('}')) return undefined;
  const pid = /"child-pid"\s*:\s*(\d+)/.exec(text)?.[1];
  return pid === undefined ? undefined : Number(pid);
}
