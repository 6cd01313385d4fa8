import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BusConnection } from '../platform/dbus/connection.ts';
import { makePipes } from '../platform/process/make-pipes.ts';
import { askForShares } from './ask-mounts.ts';
import { openDocuments } from './documents.ts';
import { startBusProxy } from './io/bus-proxy.ts';
import { startDocumentNames } from './io/document-names.ts';
import { openDocumentPermissions } from './io/document-permissions.ts';
import { openDocumentQuestions } from './io/document-questions.ts';
import { documentSight } from './io/document-sight.ts';
import { openDoors } from './io/doors.ts';
import { openEnclosureWire } from './io/enclosure-wire.ts';
import { homes } from './io/homes.ts';
import { probeHost } from './io/host-probe.ts';
import { openPortalInstances, openSandboxFolders } from './io/instance-folders.ts';
import { knownApps } from './io/known-apps.ts';
import { openLinkQuestions } from './io/link-questions.ts';
import { liveMounts } from './io/live-mounts.ts';
import { paths } from './io/look-at-paths.ts';
import { readEvidence } from './io/read-evidence.ts';
import { openSandboxGate, type SandboxGateOptions } from './io/sandbox-gate.ts';
import { openServiceGuards } from './io/service-guards.ts';
import { openSessionBus } from './io/session-bus.ts';
import { openWaylandDisplays } from './io/wayland-displays.ts';
import { judgeWords } from './let-in.ts';
import type { SandboxPorts } from './sandbox-ports.ts';
import { openSandboxes, type Sandboxes } from './sandboxes.ts';
import { lockHome } from './wire-home-lock.ts';

/** What strict is wired to. */
export interface SandboxWiring
  extends Pick<
    SandboxPorts,
    'cgroups' | 'running' | 'scopeCgroup' | 'watchesPressure' | 'busAddress' | 'killUnit' | 'alterArgs'
  > {
  /** The daemon's own. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly bus: BusConnection;
  /** The words of every `shared-folders` that is in force for anything. */
  sharedWords(): readonly string[];
  /** A dialog has let the app of this unit write this, and it is to be read all the same. */
  keptOut(unit: string, path: string, isFolder: boolean): void;
  /** Says a line in the journal. */
  warn(text: string): void;
  /** For tests: where the programs are that sandboxes are made with. */
  readonly findProgram?: ((name: string) => string | undefined) | undefined;
  readonly gates: Omit<SandboxGateOptions, 'withinMs'>;
}

/**
 * Why words of one `shared-folders` could not be let in, as a start in this environment would find them; undefined for those that could.
 * @throws RingfenceError NotEnforceable where the environment is no session's
 */
export function judgeSharedFolders(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): (string | undefined)[] {
  return judgeWords(words, sessionOf(environment), { sight, programFolders: programFolders() });
}

/** Asks the mounts that `judgeSharedFolders` is going to look at. */
export async function askForSharedFolders(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  await askForShares(words, sessionOf(environment), { sight, homes });
}

const sight = { ...paths, mountinfo: () => readFileSync('/proc/self/mountinfo', 'utf8') };

function sessionOf(environment: Readonly<Record<string, string | undefined>>): Map<string, string> {
  return new Map(Object.entries(environment).flatMap(([name, value]) => (value ? [[name, value] as const] : [])));
}

/** Where Ringfence's own program is, and what runs it. */
function programFolders(): string[] {
  const programs = [process.execPath, process.argv[1] ?? process.execPath];
  return programs.map((program) => dirname(realpathSync(program)));
}

/** Puts together what makes strict sandboxes. */
export function wireSandboxes(wiring: SandboxWiring): Sandboxes {
  const { environment, bus, gates, findProgram, sharedWords, keptOut, warn, ...rest } = wiring;
  const runtime = environment['XDG_RUNTIME_DIR'] ?? '';
  const folders = openSandboxFolders(runtime);
  return openSandboxes({
    ...rest,
    documents: openDocuments({
      folders,
      permissions: openDocumentPermissions(bus),
      sight: { ...documentSight, mountinfo: sight.mountinfo },
      ...{ sharedWords, keptOut, warn },
    }),
    documentQuestions: openDocumentQuestions(runtime),
    startDocumentNames,
    homes,
    doors: openDoors(runtime),
    lockHome: (path) => lockHome(runtime, path, `open the home ${path}`),
    apps: knownApps,
    programFolders: programFolders(),
    services: openServiceGuards(runtime),
    folders,
    portalInstances: openPortalInstances(runtime),
    bus: openSessionBus(bus),
    links: openLinkQuestions(bus),
    liveMounts,
    waylandDisplays: openWaylandDisplays(),
    sight: { ...sight, readEvidence },
    probeHost: () => probeHost(findProgram),
    areThere: ({ bwrap, proxy }) => existsSync(bwrap) && existsSync(proxy),
    startProxy: startBusProxy,
    openWire: (folder) => openEnclosureWire(folder, makePipes),
    openGate: (fds) => openSandboxGate({ ...gates, withinMs: 30_000 }, fds),
    later: setImmediate,
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    id: () => randomUUID().slice(0, 8),
  });
}
