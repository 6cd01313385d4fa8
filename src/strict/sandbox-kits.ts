import type { IdleProxy, IdleSandboxGate, SandboxFolders } from './ports.ts';

/** What every strict start needs, whatever it starts: a bus filter and a gate that holds the filter's other end. */
export interface SandboxKit {
  readonly proxy: IdleProxy;
  readonly gate: IdleSandboxGate;
  /** Closes what only the gate needs. */
  letGo(): void;
  kill(): void;
}

/** What a kit is made of. */
export interface KitPorts {
  readonly folders: Pick<SandboxFolders, 'holdBytes'>;
  startProxy(program: string): Promise<IdleProxy>;
  openGate(fds: { readonly seccomp: number; readonly sync: number }): Promise<IdleSandboxGate>;
}

/** Hands out kits. */
export interface SandboxKits {
  /** One whose gate prints under `identifier`. `program` is the bus filter, `filter` are the system call filter's bytes. */
  take(program: string, filter: Uint8Array, identifier: string): Promise<SandboxKit>;
  /** Starts one for the next time; whoever has started something strictly does so again. */
  prepare(program: string, filter: Uint8Array): void;
  close(): void;
}

/**
 * Keeps one kit in reserve after the first strict start: forking twice and starting the proxy would be a quarter of its
 * time. Both processes wait in a read and end with the daemon.
 */
export function openSandboxKits(ports: KitPorts): SandboxKits {
  let spare: { readonly program: string; readonly filter: Uint8Array; readonly kit: Promise<SandboxKit> } | undefined;
  let closed = false;
  return {
    async take(program, filter, identifier) {
      const reserved = spare;
      spare = undefined;
      const kit = await reserved?.kit.catch(() => undefined);
      const fits = reserved?.program === program && isSame(reserved.filter, filter);
      if (kit !== undefined) {
        if (fits && kit.proxy.isAlive() && kit.gate.isAlive() && (await kit.gate.name(identifier))) return kit;
        kit.kill();
      }
      const fresh = await startKit(program, filter, ports);
      await fresh.gate.name(identifier);
      return fresh;
    },

    prepare(program, filter) {
      if (closed || spare !== undefined) return;
      const kit = startKit(program, filter, ports);
      spare = { program, filter, kit };
      kit.catch(() => {
        // The next start tries again and tells its caller.
        spare = undefined;
      });
    },

    close() {
      closed = true;
      spare?.kit.then((kit) => kit.kill()).catch(() => {});
    },
  };
}

async function startKit(program: string, filter: Uint8Array, ports: KitPorts): Promise<SandboxKit> {
  const proxy = await ports.startProxy(program);
  const bytes = ports.folders.holdBytes(filter);
  try {
    const gate = await ports.openGate({ seccomp: bytes.fd, sync: proxy.syncFd });
    return {
      proxy,
      gate,
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

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
