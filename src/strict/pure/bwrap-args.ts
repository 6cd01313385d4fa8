import type { SandboxNamespace, SandboxOp } from './model.ts';

/** File descriptors that bubblewrap must find open under these numbers. */
export interface SandboxFds {
  /** Readable, the bytes of `compileSeccomp` and then the end of file. */
  readonly seccomp: number;
  /** The other end of the bus proxy's `--fd`: held by the sandbox's first process, so that the proxy ends with it. */
  readonly sync: number;
}

/** The arguments of bubblewrap (≥ 0.5.0, for `--perms`) up to and without `--` and the program. */
export function renderBwrapArgs(ops: readonly SandboxOp[], fds: SandboxFds = { seccomp: 4, sync: 5 }): string[] {
  return [...ops.flatMap((op) => renderOp(op, fds)), '--chdir', '/'];
}

function renderOp(op: SandboxOp, fds: SandboxFds): string[] {
  switch (op.op) {
    case 'unshare':
      return op.namespaces.map((name: SandboxNamespace) => `--unshare-${name}`);
    case 'bind':
    case 'ro-bind':
    case 'dev-bind':
      return [`--${op.op}`, op.source, op.target];
    case 'tmpfs':
      return ['--perms', octal(op.mode), '--tmpfs', op.target];
    case 'folder':
      return ['--dir', op.target];
    case 'symlink':
      return ['--symlink', op.text, op.target];
    case 'remount-ro':
    case 'dev':
    case 'proc':
      return [`--${op.op}`, op.target];
    case 'documents':
      return [];
    case 'seccomp':
      return ['--seccomp', String(fds.seccomp)];
    case 'sync':
      return ['--sync-fd', String(fds.sync)];
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
