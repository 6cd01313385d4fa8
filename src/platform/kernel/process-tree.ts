import { readdirSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isSilent } from '../files/silent-mounts.ts';
import { readKernelFile } from './kernel-file.ts';

/** A process as /proc shows it (proc(5)). Its pid and start time together name it for as long as the machine runs. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since the machine started. */
  readonly startTime: number;
  /** Real, effective, saved and file system user. */
  readonly users: readonly number[];
  /** The executable's name, where it may be read, and the process's own (15 bytes at most). */
  readonly programs: readonly string[];
  readonly isKernelThread: boolean;
  /** Zombie or dead: all of it that is left is an exit status. */
  readonly hasEnded: boolean;
  /** A thread's number, not a process's. */
  readonly isThread: boolean;
}

/** Processes and their descendants, and the way from one cgroup to another. */
export interface ProcessTree {
  /** The user that this process belongs to. */
  readonly user: number;
  /** Undefined when there is no such process (any more). */
  look(pid: number): ProcessFacts | undefined;
  /** When it started, as in its facts; undefined when there is no such process. One file is read. */
  startTime(pid: number): number | undefined;
  /** Now, in the same clock ticks since the machine started. */
  ticks(): number;
  /** Its own children; a list that changes while it is read may come short. */
  children(pid: number): number[];
  /**
   * The processes below `pid`, without itself. `thorough` reads all of /proc: a list of children that changes while it is
   * read may come short.
   */
  descendants(pid: number, thorough: boolean): number[];
  /**
   * The processes of one cgroup, without those of its children; none where it is gone.
   * @throws what node throws when the list is there and cannot be read: that is not an empty one
   */
  members(cgroup: string): number[];
  /**
   * Moves a process into a cgroup; false when it has ended.
   * @throws what node throws when the kernel refuses (EACCES: a cgroup above both is not ours)
   */
  move(pid: number, cgroup: string): boolean;
  /** Whether the terminal that started the process is about to put it into a scope of its own. */
  awaitsTerminalScope(pid: number): boolean;
  /** What it was started with. */
  environment(pid: number): Map<string, string>;
  /** Where it is; by the name `called` where that leads there. Undefined when it has ended. */
  folder(pid: number, called: string | undefined): string | undefined;
}

/** Reads /proc, and writes below `cgroupRoot`, the mount point of the cgroup v2 tree. */
export function openProcessTree(cgroupRoot: string): ProcessTree {
  return {
    user: process.getuid?.() ?? 0,
    look: factsOf,
    startTime: (pid) => numberField(pid, 19),
    // The kernel shows every architecture's programs hundredths of a second here (USER_HZ), but Alpha's and Itanium's.
    ticks: () => Math.round(Number(text('/proc/uptime').split(' ')[0]) * 100),
    children: childrenOf,

    descendants(pid, thorough) {
      const children = thorough ? allChildren() : undefined;
      const found: number[] = [];
      const queue = [pid];
      for (let parent = queue.pop(); parent !== undefined; parent = queue.pop()) {
        const below = children === undefined ? childrenOf(parent) : (children.get(parent) ?? []);
        found.push(...below);
        queue.push(...below);
      }
      return found;
    },

    members: (cgroup) => numbers(procsOf(`${cgroupRoot}${cgroup}/cgroup.procs`)),

    move(pid, cgroup) {
      try {
        writeFileSync(`${cgroupRoot}${cgroup}/cgroup.procs`, String(pid), { flag: 'r+' });
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
        throw error;
      }
    },

    // VTE (GNOME Terminal, Console, …) moves its child after the exec, from a thread: see spawn.cc and systemd.cc there. tmux does it
    // after the fork (spawn.c, compat/systemd.c), where it was built with libsystemd. Only the direct child is meant, which leads
    // its session; only a VTE in a unit of the user manager can do it.
    awaitsTerminalScope(pid) {
      const facts = factsOf(pid);
      if (facts === undefined || facts.session !== pid) return false;
      const variables = `\0${text(`/proc/${pid}/environ`)}`;
      const cgroup = text(`/proc/${pid}/cgroup`);
      const programs = () => text(`/proc/${facts.parent}/maps`);
      if (tmuxServer.exec(variables)?.[1] === String(facts.parent)) {
        return cgroup === text(`/proc/${facts.parent}/cgroup`) && programs().includes('/libsystemd.so');
      }
      if (!variables.includes('\0VTE_VERSION=')) return false;
      return !cgroup.includes('/vte-spawn-') && cgroup.includes('/user@') && programs().includes('/libvte-');
    },

    environment(pid) {
      const pairs = text(`/proc/${pid}/environ`)
        .split('\0')
        .filter((pair) => pair.includes('='));
      return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
    },

    folder(pid, called) {
      try {
        const folder = readlinkSync(`/proc/${pid}/cwd`);
        return called?.startsWith('/') && !isSilent(called) && realpathSync(called) === folder ? called : folder;
      } catch {
        return undefined;
      }
    },
  };
}

/** The variable of tmux(1) that names its server. */
const tmuxServer = /\0TMUX=[^\0]*,(\d+),\d+\0/;

function factsOf(pid: number): ProcessFacts | undefined {
  const stat = text(`/proc/${pid}/stat`);
  const status = text(`/proc/${pid}/status`);
  const end = stat.lastIndexOf(')');
  if (end < 0 || status === '') return undefined;
  const fields = stat.slice(end + 2).split(' ');
  const comm = stat.slice(stat.indexOf('(') + 1, end);
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTime: Number(fields[19]),
    users: numbers(/^Uid:(.*)$/m.exec(status)?.[1] ?? ''),
    programs: [executable(pid), comm].filter((name) => name !== undefined),
    isKernelThread: (Number(fields[6]) & kernelThreadFlag) !== 0,
    hasEnded: fields[0] === 'Z' || fields[0] === 'X',
    isThread: Number(/^Tgid:\s+(\d+)$/m.exec(status)?.[1]) !== pid,
  };
}

// Fields behind the name, which may hold brackets and spaces itself; the state is the first.
function numberField(pid: number, index: number): number | undefined {
  const stat = text(`/proc/${pid}/stat`);
  return stat === '' ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[index]);
}

/** PF_KTHREAD of the kernel's include/linux/sched.h, in the flags field of stat. */
const kernelThreadFlag = 0x00200000;

function executable(pid: number): string | undefined {
  try {
    // What a package update has replaced is "/usr/bin/program (deleted)".
    return basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''));
  } catch {
    return undefined;
  }
}

// Each thread has children of its own; the file needs CONFIG_PROC_CHILDREN, which distributions set.
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      numbers(readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')),
    );
  } catch (error) {
    const isHere = (error as NodeJS.ErrnoException).code === 'ENOENT' && text(`/proc/${pid}/stat`) !== '';
    return isHere ? (allChildren().get(pid) ?? []) : [];
  }
}

function allChildren(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = numberField(pid, 1) ?? 0;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [pid]);
    else siblings.push(pid);
  }
  return children;
}

/** ENODEV is what a cgroup gives that is removed while it is read. */
function procsOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

function numbers(list: string): number[] {
  return list.split(/\s+/).filter(Boolean).map(Number);
}

function text(file: string): string {
  return readKernelFile(file) ?? '';
}
