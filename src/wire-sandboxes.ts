import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { BusConnection } from './adapters/dbus/connection.ts';
import { appOfProgram } from './adapters/fs/app-of-program.ts';
import { makePipes } from './adapters/process/make-pipes.ts';
import { openSandboxGate, type SandboxGateOptions } from './adapters/process/sandbox-gate.ts';
import { startBusProxy } from './adapters/sandbox/bus-proxy.ts';
import { openEnclosureWire } from './adapters/sandbox/enclosure-wire.ts';
import { probeHost } from './adapters/sandbox/host-probe.ts';
import { openSandboxFolders } from './adapters/sandbox/instance-folders.ts';
import { lookAtPaths, realFolder } from './adapters/sandbox/look-at-paths.ts';
import { openPlaceholders } from './adapters/sandbox/placeholders.ts';
import { readEvidence } from './adapters/sandbox/read-evidence.ts';
import { openServiceGuards } from './adapters/sandbox/service-guards.ts';
import { openSessionBus } from './adapters/sandbox/session-bus.ts';
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
  const state = environment['XDG_STATE_HOME'];
  const home = environment['HOME'] ?? '';
  const stateHome = state !== undefined && isAbsolute(state) ? state : join(home, '.local/state');
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
