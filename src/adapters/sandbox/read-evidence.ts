import { readFileSync, readlinkSync } from 'node:fs';
import type { SandboxEvidence } from '../../core/sandbox/evidence.ts';
import { findInnerProcess } from '../../core/sandbox/inner-gate.ts';

/** Reads what the kernel says of the process that waits inside; undefined when it cannot be found or is gone. */
export function readEvidence(pids: readonly number[], gatePid: number, toldPid: number): SandboxEvidence | undefined {
  const statuses = new Map(pids.map((pid) => [pid, textOf(pid, 'status')]));
  const inner = findInnerProcess(statuses, gatePid, toldPid);
  if (inner === undefined) return undefined;
  return {
    status: textOf(inner.pid, 'status'),
    initStatus: textOf(inner.initPid, 'status'),
    mountinfo: textOf(inner.pid, 'mountinfo'),
    outerMountinfo: textOf('self', 'mountinfo'),
    cgroup: textOf(inner.pid, 'cgroup'),
    namespaces: namespacesOf(inner.pid),
    outerNamespaces: namespacesOf('self'),
  };
}

function namespacesOf(pid: number | 'self'): Map<string, string> {
  return new Map(
    ['mnt', 'user', 'pid', 'cgroup', 'ipc', 'net'].flatMap((name): [string, string][] => {
      try {
        return [[name, readlinkSync(`/proc/${pid}/ns/${name}`)]];
      } catch {
        return [];
      }
    }),
  );
}

function textOf(pid: number | 'self', file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
