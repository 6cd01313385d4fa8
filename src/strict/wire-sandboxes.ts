import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { xdgFolders } from '../domain/xdg-folders.ts';
import type { BusConnection } from '../platform/dbus/connection.ts';
import { makePipes } from '../platform/process/make-pipes.ts';
import { appOfProgram } from './io/app-of-program.ts';
import { startBusProxy } from './io/bus-proxy.ts';
import { openEnclosureWire } from './io/enclosure-wire.ts';
import { probeHost } from './io/host-probe.ts';
import { openSandboxFolders } from './io/instance-folders.ts';
import { lookAtPaths, realFolder } from './io/look-at-paths.ts';
import { openPlaceholders } from './io/placeholders.ts';
import { readEvidence } from './io/read-evidence.ts';
import { openSandboxGate, type SandboxGateOptions } from './io/sandbox-gate.ts';
import { openServiceGuards } from './io/service-guards.ts';
import { openSessionBus } from './io/session-bus.ts';
import type { SandboxPorts } from './sandbox-layout.ts';
import { openSandboxes, type Sandboxes } from './sandboxes.ts';

/** What strict is wired to. */
export interface SandboxWiring
  extends Pick<SandboxPorts, 'cgroups' | 'running' | 'scopeCgroup' | 'busAddress' | 'alterArgs'> {
  /** The daemon's own. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly bus: BusConnection;
  readonly gates: Omit<SandboxGateOptions, 'withinMs'>;
}

/** Puts together what makes strict sandboxes. */
export function wireSandboxes({ environment, bus, gates, ...rest }: SandboxWiring): Sandboxes {
  const runtime = environment['XDG_RUNTIME_DIR'] ?? '';
  const stateHome = xdgFolders(environment).state ?? '';
  return openSandboxes({
    ...rest,
    // Of the home, not of the session: what a crash leaves there is found at the next login.
    placeholders: openPlaceholders(join(stateHome, 'ringfence/placeholders.json')),
    services: openServiceGuards(runtime),
    folders: openSandboxFolders(runtime),
    bus: openSessionBus(bus),
    sight: { lookAtPaths, realFolder, readEvidence, mountinfo: () => readFileSync('/proc/self/mountinfo', 'utf8') },
    probeHost: () => probeHost(environment['PATH'] ?? '/usr/bin:/bin'),
    appOfProgram,
    startProxy: startBusProxy,
    openWire: (folder) => openEnclosureWire(folder, makePipes),
    openGate: (fds) => openSandboxGate({ ...gates, withinMs: 30_000 }, fds),
    later: setImmediate,
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    id: () => randomUUID().slice(0, 8),
  });
}
