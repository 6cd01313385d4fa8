import type { SeccompArch } from './syscalls.ts';

/** Numbers of asm/unistd_64.h and asm-generic/unistd.h. */
const calls: Record<SeccompArch, readonly [sendmsg: number, pidfdOpen: number]> = {
  x86_64: [46, 434],
  aarch64: [211, 434],
};

/** Arguments of perl for the security context of one sandbox. It reads its program and its order from standard input. */
export function securityContextArgv(arch: SeccompArch): string[] {
  return ['-e', String.raw`$/ = "\0\n"; eval scalar <STDIN>; exit 1`, ...calls[arch].map(String)];
}

/** What it is told; paths are absolute. */
export interface SecurityContextOrder {
  /** The compositor's socket. */
  readonly display: string;
  /** Where it is to listen for the sandbox. */
  readonly socket: string;
  /** Who the sandbox is: its id at the portals, and its instance there. */
  readonly app: string;
  readonly instance: string;
  /** The process whose end is the sandbox's. */
  readonly pid: number;
}

/** The program and its order, in one go. */
export function renderSecurityContext({ display, socket, app, instance, pid }: SecurityContextOrder): string {
  return `${script}__END__\n\0\n${[display, socket, engine, app, instance, String(pid), '\n'].join('\0')}`;
}

/** As which sandbox Ringfence stands for its apps ("sandbox engine" of wp_security_context_v1). */
const engine = 'org.ringfence';

/**
 * What it says first: `made`, `none` from a compositor that knows no such thing, or `failed` and why; then what the compositor calls itself.
 * `listener`: the process that began to listen there.
 */
export type SecurityContextAnswer =
  | { readonly said: 'made'; readonly compositor: string }
  | { readonly said: 'none'; readonly compositor: string; readonly listener: number }
  | { readonly said: 'failed'; readonly compositor: string; readonly reason: string };

/** Reads that line; undefined for anything else. */
export function parseSecurityContext(line: string): SecurityContextAnswer | undefined {
  const [said = '', compositor = '', reason = ''] = line.replace(/\n$/, '').split('\0');
  if (said === 'made') return { said, compositor };
  if (said === 'none') return { said, compositor, listener: Number(reason) };
  return said === 'failed' ? { said, compositor, reason } : undefined;
}

/**
 * A client of the compositor (the Wayland protocol's wire format, wp_security_context_v1 of staging/security-context) that hands it a
 * socket to listen at for the sandbox, and the end of a pipe: when nobody holds the other, it stops. Perl, as node cannot pass descriptors.
 *
 * It lives as long as the sandbox; no signal of the scope's end ends it, so that an app can open a window while it is asked to quit.
 */
const script = String.raw`
use strict;
use Socket;
$0 = 'ringfence-wayland';
$SIG{$_} = 'IGNORE' for qw(TERM INT HUP PIPE);
my ($sendmsg, $pidfd_open) = map { $_ + 0 } splice @ARGV, 0, 2;
my $order = <STDIN>;
defined $order && $order =~ /\0\n\z/ or exit 1;
my ($display, $path, $engine, $app, $instance, $pid) = split /\0/, $order;

my $compositor = '';
sub answer {
    syswrite STDOUT, join("\0", @_) . "\n";
}
sub fail {
    answer('failed', $compositor, @_);
    exit 1;
}
$SIG{ALRM} = sub { fail('it does not answer') };
alarm 5;

my $first = syscall($pidfd_open, $pid + 0, 0);
fail('the kernel has no pidfd_open') if $first < 0;
socket(my $line, PF_UNIX, SOCK_STREAM, 0) or fail("$!");
connect($line, pack_sockaddr_un($display)) or fail("$!");
# SO_PEERCRED
my ($peer) = unpack 'l3', getsockopt($line, SOL_SOCKET, 17) || '';
if ($peer && open my $name, '<', "/proc/$peer/comm") {
    local $/ = "\n";
    chomp($compositor = <$name> // '');
}

# In the byte order of the machine: object, size and opcode, arguments.
sub request {
    my ($object, $opcode, $arguments) = @_;
    return pack('L L', $object, 8 + length($arguments) << 16 | $opcode) . $arguments;
}
sub text {
    my ($word) = @_;
    my $bytes = "$word\0";
    return pack('L', length $bytes) . $bytes . "\0" x (-length($bytes) % 4);
}
sub send_all {
    my ($bytes) = @_;
    while (length $bytes) {
        my $sent = syswrite $line, $bytes;
        defined $sent or fail("$!");
        substr $bytes, 0, $sent, '';
    }
}
# With descriptors, by sendmsg(2) and SCM_RIGHTS.
sub send_with {
    my ($bytes, @descriptors) = @_;
    my $control = pack('Q l l l*', 16 + 4 * @descriptors, SOL_SOCKET, 1, @descriptors);
    $control .= "\0" x (-length($control) % 8);
    my $piece = pack 'P Q', $bytes, length $bytes;
    my $message = pack 'Q L x4 P Q P Q l x4', 0, 0, $piece, 1, $control, length $control, 0;
    syscall($sendmsg, fileno $line, $message, 0) == length $bytes or fail("sendmsg: $!");
}

my $received = '';
# What the compositor says until it answers the wl_callback of that number.
sub until_done {
    my ($callback, $event) = @_;
    while (1) {
        while (length $received >= 8) {
            my ($object, $head) = unpack 'L L', $received;
            my $size = $head >> 16;
            fail('it does not speak Wayland') if $size < 8;
            last if length $received < $size;
            my $arguments = substr substr($received, 0, $size, ''), 8;
            fail('it says: ' . (unpack 'L L L/a', $arguments)[2] =~ s/[\0-\x1f\x7f].*//sr) if $object == 1 && ($head & 0xffff) == 0;
            return if $object == $callback;
            $event->($object, $head & 0xffff, $arguments);
        }
        sysread($line, $received, 65536, length $received) or fail('it hung up');
    }
}

# The globals that whoever is at the other end of the line is offered: wl_display.get_registry, wl_display.sync.
sub globals {
    my ($callback) = @_;
    my %numbers;
    send_all(request(1, 1, pack 'L', 2) . request(1, 0, pack 'L', $callback));
    until_done($callback, sub {
        my ($object, $opcode, $arguments) = @_;
        return if $object != 2 || $opcode != 0;
        my ($number, $interface) = unpack 'L L/a', $arguments;
        $numbers{ $interface =~ s/\0+\z//r } = $number;
    });
    return %numbers;
}

my %offered = globals(3);
my $manager = $offered{wp_security_context_manager_v1};
if (!defined $manager) {
    answer('none', $compositor, $peer // 0);
    exit 0;
}
umask 0177;
socket(my $listener, PF_UNIX, SOCK_STREAM, 0) or fail("$!");
bind($listener, pack_sockaddr_un($path)) && listen($listener, 128) or fail("$path: $!");
pipe(my $reader, my $writer) or fail("$!");
# wl_registry.bind
send_all(request(2, 0, pack('L', $manager) . text('wp_security_context_manager_v1') . pack 'L L', 1, 4));
# create_listener
send_with(request(4, 1, pack 'L', 5), fileno $listener, fileno $reader);
# set_sandbox_engine, set_app_id, set_instance_id, commit, wl_display.sync
send_all(request(5, 1, text($engine)) . request(5, 2, text($app)) . request(5, 3, text($instance)) . request(5, 4, '')
    . request(1, 0, pack 'L', 6));
until_done(6, sub { });
close $_ for $line, $listener, $reader;
# What the sandbox will be offered: nothing that shows the screen, types, hears what is typed, or starts programs.
socket($line, PF_UNIX, SOCK_STREAM, 0) && connect($line, pack_sockaddr_un($path)) or fail("$!");
my $powers = 'screencopy|screencast|image_copy_capture|toplevel_export|export_dmabuf|remote_access|virtual_keyboard|virtual_pointer|fake_input'
    . '|input_method|input_inhibit|keystate|session_lock|lockscreen|transient_seat|river_control|security_context';
my %left = globals(3);
my ($power) = sort grep { /$powers/ } keys %left;
fail("it still offers $power") if defined $power;
close $line;
alarm 0;
answer('made', $compositor);
open STDIN, '<', '/dev/null';
open STDOUT, '>', '/dev/null';
while (1) {
    my $ended = '';
    vec($ended, $first, 1) = 1;
    exit 0 if select($ended, undef, undef, undef) > 0;
}
`;
