import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { machine } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isShortage } from '../../domain/errno-text.ts';
import type { SandboxPrograms } from '../ports.ts';
import { type SandboxHostFacts, trialArgs } from '../pure/host.ts';

/** What this machine has for a sandbox: everything of `SandboxHostFacts` that does not depend on the start. */
export type MachineFacts = Omit<SandboxHostFacts, 'sessionAddress' | 'a11yAddress' | 'network'>;

/** Looks for bubblewrap and the proxy in PATH and really runs bubblewrap once. */
export async function probeHost(path: string): Promise<{ facts: MachineFacts; programs: SandboxPrograms }> {
  const bwrap = findProgram('bwrap', path);
  const proxy = findProgram('xdg-dbus-proxy', path);
  const [bwrapVersion, proxyVersion, trial] = await Promise.all([
    bwrap === undefined ? undefined : run(bwrap, ['--version']),
    proxy === undefined ? undefined : run(proxy, ['--version']),
    bwrap === undefined ? undefined : run(bwrap, trialArgs),
  ]);
  const facts: MachineFacts = {
    machine: machine(),
    ...defined('bwrapVersion', bwrapVersion?.stdout),
    ...defined('proxyVersion', proxyVersion?.exitCode === 0 ? proxyVersion.stdout : undefined),
    ...defined('trial', trial),
    ...defined('unprivilegedUsernsClone', sysctl('kernel/unprivileged_userns_clone')),
    ...defined('maxUserNamespaces', sysctl('user/max_user_namespaces')),
    ...defined('apparmorRestrictsUserns', sysctl('kernel/apparmor_restrict_unprivileged_userns')),
  };
  return { facts, programs: { bwrap: bwrap ?? '', proxy: proxy ?? '' } };
}

function findProgram(name: string, path: string): string | undefined {
  for (const folder of path.split(':').filter(isAbsolute)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // The next folder may have it.
    }
  }
  return undefined;
}

function run(
  file: string,
  args: readonly string[],
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
      });
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const give = (exitCode: number | null): void => {
      clearTimeout(timer);
      resolve({ exitCode, ...said });
    };
    child.once('error', (error) => (isShortage(error) ? reject(error) : give(null)));
    child.once('close', give);
  });
}

function sysctl(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

function defined<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}
