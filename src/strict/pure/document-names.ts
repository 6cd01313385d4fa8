import type { SeccompArch } from './syscalls.ts';

/** What the app is let see of its documents, inside: to be read, and to be written. */
export const documentFolders = {
  read: '/run/ringfence/documents',
  write: '/run/ringfence/documents-to-write',
} as const;

/** A document's id at the portal: a number up to 1.20 (xdp_name_from_id), 22 characters since (xdp_generate_token). */
export const documentId = /^[0-9A-Za-z_]{1,64}$/;

/** Numbers of asm/unistd_64.h and asm-generic/unistd.h. */
const calls: Record<SeccompArch, readonly [setns: number, mount: number, clock: number, pidfdOpen: number]> = {
  x86_64: [308, 165, 228, 434],
  aarch64: [268, 40, 113, 434],
};

/** Arguments of perl for the file system of one sandbox's documents. It reads its program, and later its order, from standard input. */
export function documentNamesArgv(arch: SeccompArch): string[] {
  return ['-e', String.raw`$/ = "\0\n"; eval scalar <STDIN>; exit 1`, ...calls[arch].map(String)];
}

/** What it is told, in one go: the sandbox's first process by its pid outside, and absolute paths. */
export interface DocumentNamesOrder {
  readonly initPid: number;
  /** Where it is to be mounted, inside. */
  readonly target: string;
  /** What the document portal lets the app see, outside, and what it lets the app write. */
  readonly documents: string;
  readonly writable: string;
  /** Where the daemon is asked, and as which sandbox. */
  readonly socket: string;
  readonly sandbox: string;
}

/** The program as it is read: to a NUL and a line break. */
export function renderProgram(): string {
  return `${documentNamesScript}__END__\n\0\n`;
}

/** The order as the program reads it: words that end with a NUL, then a line break. */
export function renderOrder(order: DocumentNamesOrder): string {
  const { initPid, target, documents, writable, socket, sandbox } = order;
  const { read, write } = documentFolders;
  return [String(initPid), target, documents, writable, socket, sandbox, read, write, '\n'].join('\0');
}

/**
 * A file system (FUSE, linux/fuse.h, protocol 7.31) with one symbolic link for each document of an app, which leads to where the app may
 * use it: the daemon is asked whenever one is followed. So nothing of a new document can be written before it is judged, and the app that
 * has just got it need not try twice.
 *
 * It is Perl, as it takes system calls that node has not, and any machine with a desktop has Perl. It joins the user namespace that owns the
 * sandbox's mounts (ioctl_ns(2)) and stays outside of all others: a child of it mounts. It ends with the sandbox's first process; no signal
 * of the scope's end ends it, so that an app can save while it is asked to quit.
 */
const documentNamesScript = String.raw`
use strict;
use Socket;
use Errno qw(EINTR EAGAIN EIO ENOENT ENOSYS);
use Fcntl;
$0 = 'ringfence-documents';
$SIG{$_} = 'IGNORE' for qw(TERM INT HUP PIPE);
my ($setns, $mount, $clock, $pidfd_open) = map { $_ + 0 } splice @ARGV, 0, 4;
syswrite STDOUT, "ready\n";
my $order = <STDIN>;
defined $order && $order =~ /\0\n\z/ or exit 1;
my ($pid, $target, $documents, $writable, $socket, $sandbox, $reading, $writing) = split /\0/, $order;

sub enter {
    my ($fd, $kind) = @_;
    syscall($setns, $fd, $kind) == 0 or exit 1;
}
$^F = 1000;
my $first = syscall($pidfd_open, $pid + 0, 0);
exit 1 if $first < 0;
open(my $mounts, '<', "/proc/$pid/ns/mnt") or exit 1;
my $owner = ioctl($mounts, 0xb701, 0) or exit 1;
# Of what the kernel counts for a user as a whole the app gets half, by the limits of its namespace (namespaces(7), "The /proc/sys/user directory").
my %shares;
for my $name (qw(max_inotify_instances max_inotify_watches max_user_namespaces)) {
    local $/ = "\n";
    open(my $limit, '<', "/proc/sys/user/$name") or next;
    $shares{$name} = int(<$limit> / 2);
}
enter($owner + 0, 0x10000000);
for my $name (keys %shares) {
    open(my $limit, '>', "/proc/sys/user/$name") or next;
    syswrite $limit, $shares{$name};
}
open(my $fuse, '+<', '/dev/fuse') or exit 1;
my $child = fork;
defined $child or exit 1;
if (!$child) {
    enter(fileno $mounts, 0x00020000);
    my ($source, $type) = ('documents', 'fuse');
    my $options = sprintf 'fd=%d,rootmode=40000,user_id=%d,group_id=%d', fileno $fuse, $> + 0, $) + 0;
    exit(syscall($mount, $source, $target, $type, 7, $options) == 0 ? 0 : 1);
}
close $mounts;
waitpid $child, 0;
exit 1 if $?;
syswrite STDOUT, "mounted\n";
open STDIN, '<', '/dev/null';
open STDOUT, '>', '/dev/null';

fcntl($fuse, F_SETFL, O_RDWR | O_NONBLOCK);
# Of the request that is being answered, its number.
pipe(my $begun, my $begin) or exit 1;
fcntl($begun, F_SETFL, O_RDONLY | O_NONBLOCK);
# One serves, and another takes its place when it is killed: without any, the app would have lost its documents.
while (1) {
    my $server = fork;
    defined $server or exit 1;
    last if !$server;
    waitpid $server, 0;
    exit 0 if !($? & 127);
    # Whoever waits for that would wait for ever, and could not be killed.
    if (sysread $begun, my $unanswered, 8) { syswrite $fuse, pack('L l a8', 16, -(EIO), $unanswered) }
    select undef, undef, undef, 0.1;
}

my (%known, %listed, %nodes);
my @names;
my $listings = 0;

# Where a document is to be used. Without an answer: as before, or to be read.
sub place {
    my ($name) = @_;
    my $before = $known{$name};
    # A dialog that saves anew takes away what was let be written (portal 1.22).
    my $stands = $before && ($before->{place} ne "$writing/$name" || lstat "$writable/$name");
    return $before->{place} if $stands && $before->{until} > now();
    my $said = ask($name);
    my $place = $said =~ m{\A(/[^\0\n]*)\n\z} ? $1 : $before ? $before->{place} : "$reading/$name";
    # One that is to be read may be written as soon as a dialog says so.
    $known{$name} = { place => $place, until => now() + ($place eq "$reading/$name" ? 0.05 : 1) };
    return $place;
}

# In seconds, CLOCK_MONOTONIC.
sub now {
    my $time = "\0" x 16;
    syscall $clock, 1, $time;
    my ($seconds, $nanoseconds) = unpack 'q q', $time;
    return $seconds + $nanoseconds / 1e9;
}

# In seconds.
my $patience = 4;

sub ask {
    my ($name) = @_;
    my $said = '';
    socket(my $line, PF_UNIX, SOCK_STREAM, 0) or return '';
    setsockopt($line, SOL_SOCKET, $_, pack('q q', int $patience, ($patience - int $patience) * 1e6)) for SO_RCVTIMEO, SO_SNDTIMEO;
    connect($line, pack_sockaddr_un($socket)) or return '';
    defined syswrite($line, "$sandbox $name\n") or return '';
    while (sysread($line, $said, 8192, length $said)) { last if length $said > 8192 }
    # One that hangs holds an app up once.
    $patience = $said eq '' ? 0.25 : 4;
    return $said;
}

sub facts {
    my ($node) = @_;
    my ($mode, $size) = $node == 1 ? (040500, 0) : (0120777, 64);
    return pack 'Q6 L10', $node, $size, 0, 0, 0, 0, 0, 0, 0, $mode, 1, $> + 0, $) + 0, 0, 4096, 0;
}

sub names {
    opendir(my $folder, $documents) or return ();
    return grep { /\A[0-9A-Za-z_]{1,64}\z/ } readdir $folder;
}

# The number of a document's link, the same one for as long as this runs.
sub node {
    my ($name) = @_;
    return $nodes{$name} ||= 15 + push @names, $name;
}

sub entries {
    my ($listing, $from, $room) = @_;
    my ($text, $index) = ('', $from);
    for my $name (@{ $listed{$listing} || [] }[$from .. $#{ $listed{$listing} || [] }]) {
        my $entry = pack 'Q Q L L a*', node($name), ++$index, length $name, 10, $name;
        $entry .= "\0" x (-length($entry) % 8);
        last if length($text) + length $entry > $room;
        $text .= $entry;
    }
    return $text;
}

# By the number of the request: what is answered, or the number of an error.
my %answers = (
    1 => sub {    # LOOKUP
        my ($name) = unpack 'Z*', $_[1];
        return ENOENT if $name !~ /\A[0-9A-Za-z_]{1,64}\z/ || !lstat "$documents/$name";
        my $node = node($name);
        return \(pack('Q4 L2', $node, 0, 0, 0, 0, 0) . facts($node));
    },
    3 => sub { \(pack('Q L2', 1, 0, 0) . facts($_[0])) },                # GETATTR
    # READLINK; whoever served before has given other numbers
    5 => sub { $_[0] < 16 || !defined $names[ $_[0] - 16 ] ? ENOENT : \place($names[ $_[0] - 16 ]) },
    17 => sub { \("\0" x 80) },                                          # STATFS
    26 => sub {                                                          # INIT
        my (undef, undef, $ahead) = unpack 'L3', $_[1];
        return \pack 'L4 S2 L2 S2 L x28', 7, 31, $ahead, 0, 16, 12, 65536, 1, 256, 0, 0;
    },
    27 => sub { $listed{ ++$listings } = [names()]; \pack 'Q L2', $listings, 0, 0 },    # OPENDIR
    28 => sub { my ($listing, $from, $room) = unpack 'Q Q L', $_[1]; \entries($listing, $from, $room) }, # READDIR
    29 => sub { delete $listed{ unpack 'Q', $_[1] }; \'' },              # RELEASEDIR
);

while (1) {
    my $ready = '';
    vec($ready, $_, 1) = 1 for $first, fileno $fuse;
    select $ready, undef, undef, undef;
    # The kernel takes the mount away some time after the sandbox's last process.
    exit 0 if vec $ready, $first, 1;
    my $length = sysread $fuse, my $request, 0x21000;
    if (!defined $length) {
        next if $! == EINTR || $! == EAGAIN || $! == ENOENT;
        exit 0;
    }
    my (undef, $kind, $unique, $node) = unpack 'L L Q Q', $request;
    # FORGET, INTERRUPT, BATCH_FORGET: nobody waits for an answer.
    next if $kind == 2 || $kind == 36 || $kind == 42;
    syswrite $begin, pack 'Q', $unique;
    my $answer = ($answers{$kind} || sub { ENOSYS })->($node, substr $request, 40);
    my ($error, $text) = ref $answer ? (0, $$answer) : ($answer, '');
    syswrite $fuse, pack('L l Q', 16 + length $text, -$error, $unique) . $text;
    sysread $begun, my $done, 8;
}
`;
