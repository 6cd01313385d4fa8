import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { Descriptor, SandboxEvidence } from '../pure/evidence.ts';
import { findInnerProcess } from '../pure/inner-gate.ts';

/** Reads what the kernel says of the process that waits inside; undefined when it cannot be found or is gone. */
export function readEvidence(pids: readonly number[], gatePid: number, toldPid: number): SandboxEvidence | undefined {
  const statuses = new Map(pids.map((pid) => [pid, textOf(pid, 'status')]));
  const inner = findInnerProcess(statuses, gatePid, toldPid);
  if (inner === undefined) return undefined;
  return {
    status: textOf(inner.pid, 'status'),
    initStatus: textOf(inner.initPid, 'status'),
    initPid: inner.initPid,
    mountinfo: textOf(inner.pid, 'mountinfo'),
    outerMountinfo: textOf('self', 'mountinfo'),
    cgroup: textOf(inner.pid, 'cgroup'),
    namespaces: namespacesOf(inner.pid),
    outerNamespaces: namespacesOf('self'),
    descriptors: descriptorsOf(inner.pid),
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

function descriptorsOf(pid: number): Map<number, Descriptor> {
  const folder = `/proc/${pid}/fd`;
  try {
    return new Map(
      readdirSync(folder).map((name) => {
        const facts = statSync(`${folder}/${name}`);
        const kind = facts.isDirectory() ? 'folder' : facts.isFile() ? 'file' : 'other';
        return [Number(name), { target: readlinkSync(`${folder}/${name}`), kind }];
      }),
    );
  } catch {
    // Not to be seen into: judged like an open folder.
    return new Map([[0, { target: folder, kind: 'folder' }]]);
  }
}

function textOf(pid: number | 'self', file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
