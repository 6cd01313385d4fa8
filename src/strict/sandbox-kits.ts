import type { IdleProxy, IdleSandboxGate, SandboxFolders, SandboxPrograms } from './ports.ts';

/** What every strict start needs, whatever it starts: a bus filter and a gate that holds the filter's other end. */
export interface SandboxKit {
  readonly proxy: IdleProxy;
  readonly gate: IdleSandboxGate;
  /** Of the system call filter and the bus filter that it is made with. */
  readonly made: KitParts;
  /** Closes what only the gate needs. */
  letGo(): void;
  kill(): void;
}

/** What a kit is made with: the programs, and the bytes of the system call filter. */
export interface KitParts {
  readonly programs: SandboxPrograms;
  readonly filter: Uint8Array;
}

/** What starts a kit. */
export interface KitPorts {
  readonly folders: Pick<SandboxFolders, 'holdBytes' | 'place'>;
  startProxy(programs: SandboxPrograms, sockets: string): Promise<IdleProxy>;
  openGate(fds: { readonly seccomp: number; readonly sync: number }): Promise<IdleSandboxGate>;
}

/** Starts a kit. Both processes wait in a read and end with the daemon. */
export async function startKit(made: KitParts, ports: KitPorts): Promise<SandboxKit> {
  const proxy = await ports.startProxy(made.programs, ports.folders.place());
  const bytes = ports.folders.holdBytes(made.filter);
  try {
    const gate = await ports.openGate({ seccomp: bytes.fd, sync: proxy.syncFd });
    return {
      proxy,
      gate,
      made,
      letGo: bytes.close,
      kill() {
        gate.kill();
        proxy.kill();
        bytes.close();
      },
    };
  } catch (error) {
    proxy.kill();
    bytes.close();
    throw error;
  }
}

/** Whether a kit still lives and is made with these parts; from now on it prints under `identifier`. */
export async function isUsableKit(
  { proxy, gate, made }: SandboxKit,
  { programs, filter }: KitParts,
  identifier: string,
): Promise<boolean> {
  const { bwrap, proxy: filterProgram } = made.programs;
  const isSame =
    bwrap === programs.bwrap && filterProgram === programs.proxy && Buffer.compare(made.filter, filter) === 0;
  return isSame && proxy.isAlive() && gate.isAlive() && (await gate.name(identifier));
}
