import type { RingfenceError } from '../domain/errors.ts';
import type { RestrictedDisplay, SandboxPrograms, WaylandDisplays } from './ports.ts';
import { seccompArchOf } from './pure/host.ts';
import type { SandboxHost, SandboxSettings } from './pure/model.ts';
import { waylandSocket } from './pure/plan.ts';

/** How one sandbox gets its Wayland display. */
export interface LetInWayland {
  readonly host: Pick<SandboxHost, 'waylandDisplay' | 'waylandSource' | 'waylandIsKeptOut'>;
  /** The process that keeps the sandbox's own socket, where it has one. */
  readonly keeper: Pick<RestrictedDisplay, 'pid' | 'kill'> | undefined;
  /** Sentences for the report. */
  readonly reasons: readonly string[];
}

/** What is known of the sandbox. */
interface Start {
  readonly settings: Pick<SandboxSettings, 'wayland' | 'x11'>;
  readonly host: Pick<SandboxHost, 'display' | 'waylandDisplay' | 'runtimeDir' | 'folder'>;
  readonly identity: { readonly id: string; readonly instance: string };
  readonly machine: { readonly facts: { readonly machine: string }; readonly programs: SandboxPrograms };
  /** The process that ends with the sandbox. */
  readonly pid: number;
  /** Whether it is for a window: an app's start. A command may need none. */
  readonly needsWindow: boolean;
  /** The app as the command line has it. */
  readonly app: string;
  readonly displays: WaylandDisplays;
  refuse(part: string, reason: string, fix: string): RingfenceError;
}

/**
 * Mutter gives no program what is another's: its socket is let in as it is. Any other compositor has to listen at a socket of the
 * sandbox's own, with a security context; where it cannot, the app draws by X11, and is refused where there is none.
 * @throws RingfenceError NotEnforceable
 */
export async function letInWayland(start: Start): Promise<LetInWayland> {
  const { settings, host, displays } = start;
  const socket = waylandSocket(host);
  const asItIs = { host: {}, keeper: undefined, reasons: [] };
  if (socket === undefined || !settings.wayland || displays.isMutters(socket)) return asItIs;
  const made = await restricted(socket, start);
  if (made === mutters) return asItIs;
  if (typeof made === 'object') return { ...asItIs, host: { waylandSource: sourceOf(host) }, keeper: made };
  const keptOut = (reason: string): LetInWayland => {
    return { host: { waylandIsKeptOut: true }, keeper: undefined, reasons: [reason] };
  };
  if (host.display !== undefined) return keptOut(`it draws by X11, as the Wayland display is not let in: ${made}`);
  if (!start.needsWindow) return keptOut(`it has no display: ${made}`);
  const ways = [
    ...(settings.x11 ? ['install Xwayland, by which it would draw'] : ['x11 = true lets it draw by Xwayland']),
    `or accept it by "ringfence config set ${start.app} wayland unsafe"`,
  ];
  throw start.refuse('Wayland display', made, ways.join(', '));
}

/** It answers for itself where the kernel's list of sockets is not to be had, or somebody has made it doubtful. */
const mutters = Symbol('it is Mutter');

/** Why there is none, in words. */
async function restricted(
  socket: string,
  { host, identity, machine, pid, displays }: Start,
): Promise<RestrictedDisplay | string | typeof mutters> {
  const { perl } = machine.programs;
  if (perl === undefined) return 'Perl is missing, by which compositors other than GNOME’s are asked to tell it apart';
  const order = { display: socket, socket: sourceOf(host), app: identity.id, instance: identity.instance, pid };
  const made = await displays.restrict(perl, seccompArchOf(machine.facts.machine) ?? 'x86_64', order);
  if (made.said === 'made') return made;
  if (made.said === 'none' && displays.isMutter(made.listener)) return mutters;
  const who = made.compositor || 'the compositor';
  return made.said === 'none'
    ? `${who} cannot tell it from other programs (no wp_security_context_v1), which may see the screen and type`
    : `${who} made no security context for it: ${made.reason}`;
}

function sourceOf({ folder }: Pick<SandboxHost, 'folder'>): string {
  return `${folder}/wayland`;
}
