/**
 * The sockets that somebody listens at by this path, by their inodes: /proc/net/unix (proc_net(5)). More than one where somebody has
 * bound the same path in another mount namespace.
 */
export function listenersAt(path: string, procNetUnix: string): string[] {
  return procNetUnix.split('\n').flatMap((line) => {
    // Num RefCount Protocol Flags Type St Inode Path; the flag is SO_ACCEPTCON.
    const [, inode = '', at] = /^\S+ \S+ \S+ 00010000 0001 \S+ +(\d+) (.*)$/.exec(line) ?? [];
    return at === path ? [inode] : [];
  });
}

/** Whether a program is GNOME's compositor by its path: as the kernel has it, once the file was replaced too, and as NixOS names it. */
export function mutterPath(exe: string): string | undefined {
  const path = exe.replace(/ \(deleted\)$/, '');
  return /\/\.?(?:gnome-shell|mutter)(?:-wrapped)?$/.test(path) ? path : undefined;
}
