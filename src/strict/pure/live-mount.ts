import type { Link } from './model.ts';
import type { SeccompArch } from './syscalls.ts';

/** Numbers of asm/unistd_64.h and asm-generic/unistd.h; those of newer calls are the same everywhere. */
const calls: Record<SeccompArch, readonly [setns: number, unshare: number, umount2: number, prctl: number]> = {
  x86_64: [308, 272, 166, 157],
  aarch64: [268, 97, 39, 167],
};

/** What is to be mounted in a sandbox that runs, or taken away there: one of the user's folders or files, at its own path. */
export interface LiveMountOrder {
  readonly do: 'mount' | 'unmount';
  /** Of the sandbox's first process, outside. */
  readonly initPid: number;
  /** Of its scope, below /sys/fs/cgroup: whoever has the number by now must be in there. */
  readonly cgroup: string;
  readonly path: string;
  readonly kind: 'folder' | 'file';
  readonly writable: boolean;
  /** Device and inode of what is to be mounted. */
  readonly id: string;
  /** Symlinks that lead to it. */
  readonly links: readonly Link[];
}

/** Arguments of perl for one order, which it reads from standard input after its program; it ends with its parent, `daemon`. */
export function liveMountArgv(arch: SeccompArch, daemon: number): string[] {
  return ['-e', String.raw`$/ = "\0\n"; eval scalar <STDIN>; exit 1`, ...[...calls[arch], daemon].map(String)];
}

/** What came of an order: why all is as it was; or the list of the sandbox's mounts then, and for one to unmount whether it was there. */
export type LiveMountOutcome = { readonly fault: string } | { readonly mountinfo: string; readonly found: boolean };

/** What perl has said; undefined where that is not all, so that nobody can tell. */
export function parseLiveMount(said: string): LiveMountOutcome | undefined {
  const fault = /^fault (.*)\n$/s.exec(said)?.[1];
  if (fault !== undefined) return { fault };
  const [, word, mountinfo] = /^(done|nothing)\n(.*\n)end\n$/s.exec(said) ?? [];
  return mountinfo === undefined ? undefined : { mountinfo, found: word === 'done' };
}

/** All that it reads. */
export function renderLiveMount(order: LiveMountOrder): string {
  const { initPid, cgroup, path, kind, writable, id, links } = order;
  const words = [order.do, String(initPid), cgroup, path, kind, writable ? 'rw' : 'ro', id];
  const pairs = links.flatMap((link) => [link.path, link.target]);
  return `${liveMountScript}__END__\n\0\n${[...words, ...pairs, '\n'].join('\0')}`;
}

/**
 * Joins the user namespace that owns the sandbox's mounts, which bubblewrap has made and whose parent is our own (ioctl_ns(2)): what the app
 * itself makes lies below that. A copy of the mounts outside, owned by it, gives a detached copy of the folder (open_tree(2)), found by
 * its path without following a symlink and held against the device and inode that were judged. It is attached to a folder in the
 * sandbox's own root (move_mount(2)), to which no name leads that is the app's: the way there has no symlink and no other mount (openat2(2)).
 * The root stays read-only in there; the folder is made by a copy of that mount which nobody else has.
 * Taking away unmounts, and removes the folder: thereby the kernel takes it from namespaces of the app's making too.
 * What is mounted then it reads itself, in there: the app can lead its first process elsewhere at any time, to a hundred thousand mounts.
 *
 * Perl, as `documentNamesScript` is. Linux 5.12 (mount_setattr(2)).
 */
const liveMountScript = String.raw`
use strict;
my ($setns, $unshare, $umount2, $prctl, $daemon) = map { $_ + 0 } splice @ARGV, 0, 5;
my ($openat2, $open_tree, $move_mount, $mount_setattr) = (437, 428, 429, 442);
my ($by_descriptor, $recursive) = (0x1000, 0x8000);
my ($copy, $close) = (1, 0x80000);
# Whole: a symlink may lead to what begins with a newline.
my $order = do { local $/; <STDIN> };
defined $order && $order =~ s/\0\n\z// or exit 1;
my ($do, $pid, $cgroup, $path, $kind, $mode, $id, @links) = split /\0/, $order, -1;

sub fail { syswrite STDOUT, "fault $_[0]\n"; exit 1 }
sub call {
    my ($what, $number, @words) = @_;
    my $got = syscall $number, @words;
    fail("$what: $!") if $got < 0;
    return $got;
}
# RESOLVE_NO_XDEV 1, RESOLVE_NO_MAGICLINKS 2, RESOLVE_NO_SYMLINKS 4, RESOLVE_BENEATH 8; O_PATH 0x200000. Numbers of errors: ENOENT 2, EACCES 13,
# ENOTDIR 20, EXDEV 18, EINVAL 22, ELOOP 40.
sub found {
    my ($at, $where, $resolve) = @_;
    return syscall $openat2, $at, $where, pack('Q3', 0x200000 | $close, 0, $resolve), 24;
}
sub look {
    my ($where, $resolve) = @_;
    my $got = found(-100, $where, $resolve);
    fail($! == 40 ? "$where is a symlink now" : "openat2 $where: $!") if $got < 0;
    return $got;
}
# The folder around something; undefined where there is none, or a link is on the way.
sub around {
    my ($at, $where, $resolve) = @_;
    my $got = found($at, $where, $resolve);
    return $got if $got >= 0;
    $! == 2 || $! == 20 || $! == 40 || $! == 18 or fail("openat2 $where: $!");
    return undef;
}
# Closed, a copy of a mount would be gone.
my @entered;
sub enter {
    open(my $folder, '<&=', $_[0]) or fail("open: $!");
    push @entered, $folder;
    chdir $folder or fail("chdir: $!");
}
sub set {
    my ($mount, $set, $clear, $flags) = @_;
    # MS_PRIVATE: nothing that is mounted outside later comes along.
    call('mount_setattr', $mount_setattr, $mount, '', $by_descriptor | $flags, pack('Q4', $set, $clear, $flags ? 1 << 18 : 0, 0), 32);
}
$^F = 1000;
sub lost { fail($! == 13 ? 'its first process lets nobody look at it' : 'it has ended') }
open(my $mounts, '<', "/proc/$pid/ns/mnt") or lost();
open(my $place, '<', "/proc/$pid/cgroup") or lost();
opendir(my $own, '/proc/self') or fail("/proc: $!");
{ local $/ = "\n"; grep { $_ eq "0::$cgroup\n" } <$place> or fail("it has ended") }
my $owner = ioctl($mounts, 0xb701, 0) or fail("NS_GET_USERNS: $!");
open(my $users, '<&=', $owner + 0) or fail("NS_GET_USERNS: $!");
my $parent = ioctl($users, 0xb702, 0) or fail("NS_GET_PARENT: $!");
readlink("/proc/self/fd/" . ($parent + 0)) eq readlink('/proc/self/ns/user') or fail("its first process is in a namespace of the app’s");
call('setns', $setns, $owner + 0, 0x10000000);
# PR_SET_PDEATHSIG 1, which a new user namespace takes away: what nobody waits for changes nothing later.
call('prctl', $prctl, 1, 9, 0, 0, 0);
getppid == $daemon or exit 1;

my $tree;
if ($do eq 'mount') {
    call('unshare', $unshare, 0x20000);
    my $there = look($path, 2 | 4);
    my ($device, $inode) = stat "/proc/self/fd/$there";
    "$device:$inode" eq $id or fail("something else is in its place now");
    $tree = call('open_tree', $open_tree, $there, '', $copy | $close | $by_descriptor | $recursive);
    # MOUNT_ATTR_RDONLY 1, NOSUID 2, NODEV 4: as bubblewrap mounts.
    set($tree, 2 | 4 | ($mode eq 'ro' ? 1 : 0), 0, $recursive);
}
call('setns', $setns, fileno($mounts) + 0, 0x20000);
my ($outer, $name) = $path =~ m{\A(.*)/([^/]+)\z}s or fail("$path is no path in there");
my $was = 0;
if ($do eq 'unmount') {
    my $folder = around(-100, "$outer/", 2 | 4);
    if (defined $folder) {
        enter($folder);
        # MNT_DETACH 2, UMOUNT_NOFOLLOW 8
        $was = syscall($umount2, $name, 2 | 8) == 0;
        $was or $! == 2 or $! == 22 or fail("umount2: $!");
    }
}
my $root = call('open_tree', $open_tree, -100, '/', $copy | $close);
set($root, 0, 1, 0);
umask 022;
sub way {
    my ($leaf) = @_;
    my $at = '';
    for my $name (split m{/}, substr $leaf, 1) {
        if ($at ne '') { mkdir $at; -d $at && !-l $at or fail("/$at is no folder in there") }
        $at .= ($at eq '' ? '' : '/') . $name;
    }
    return $at;
}
# All of it: folders that led to what was shared once keep the one around them from being removed.
sub clear {
    my ($at) = @_;
    if (-l $at || !-d $at) { unlink $at; return }
    opendir(my $folder, $at) or return;
    clear("$at/$_") for grep { !/\A\.\.?\z/ } readdir $folder;
    rmdir $at;
}
if ($do eq 'unmount') {
    # Without the folder that it lies in, or behind a link, there is nothing of it.
    my $folder = around($root, $outer eq '' ? '.' : substr($outer, 1), 1 | 4 | 8);
    if (defined $folder) {
        enter($folder);
        clear($name);
        -l $name || -e $name and fail("namespaces of the app’s may have it still: $!");
    }
} else {
    enter($root);
    my $leaf = way($path);
    if ($kind eq 'file') { -l $leaf or open(my $made, '>>', $leaf) } else { mkdir $leaf }
    while (my ($link, $text) = splice @links, 0, 2) { symlink $text, way($link) }
    chdir '/';
    my $target = look($path, 1 | 2 | 4);
    # The last that may fail: whoever has said why has mounted nothing. MOVE_MOUNT_F_EMPTY_PATH 4, MOVE_MOUNT_T_EMPTY_PATH 0x40
    call('move_mount', $move_mount, $tree, '', $target, '', 4 | 0x40);
}
chdir $own or exit 1;
open(my $list, '<', 'mountinfo') or exit 1;
{ local $/ = "\n"; local $, = ''; print STDOUT $do eq 'mount' || $was ? "done\n" : "nothing\n", <$list>, "end\n" }
exit 0;
`;
