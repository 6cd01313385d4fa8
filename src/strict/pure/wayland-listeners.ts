/**
 * The sockets that somebody listens at by this path, by their inodes: /proc/net/unix (proc_net(5)). More than one where somebody has
 * bound the same path in another mount namespace. The kernel writes names as they are: with a newline in one, a program makes a line that
 * tells of a socket of somebody else's. That has its own line too, there or in `others` (the lists of other kinds of sockets): neither counts.
 */
export function listenersAt(path: string, procNetUnix: string, others: readonly string[]): string[] {
  // Num RefCount Protocol Flags Type St Inode Path; the flag is SO_ACCEPTCON.
  const lines = procNetUnix.split('\n').flatMap((line) => {
    const [, flags = '', type = '', inode = '', at] = /^\S+ \S+ \S+ (\S+) (\S+) \S+ +(\d+)(?: (.*))?$/.exec(line) ?? [];
    return inode === '' ? [] : [{ inode, isIt: flags === '00010000' && type === '0001' && at === path }];
  });
  const once = new Set<string>();
  const twice = new Set<string>();
  for (const { inode } of lines) (once.has(inode) ? twice : once).add(inode);
  const elsewhere = new Set(others.flatMap((text) => text.match(/\d+/g) ?? []));
  return lines
    .filter(({ inode, isIt }) => isIt && !twice.has(inode) && !elsewhere.has(inode))
    .map(({ inode }) => inode);
}

/** Whether a program is GNOME's compositor by its path: as the kernel has it, once the file was replaced too, and as NixOS names it. */
export function mutterPath(exe: string): string | undefined {
  const path = exe.replace(/ \(deleted\)$/, '');
  return /\/\.?(?:gnome-shell|mutter)(?:-wrapped)?$/.test(path) ? path : undefined;
}
