import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { machine } from 'node:os';
import { join } from 'node:path';
import { isShortage } from '../../domain/errno-text.ts';
import type { SandboxPrograms } from '../ports.ts';
import { type NestedTrial, nestedTrialArgs, type SandboxHostFacts, trialArgs } from '../pure/host.ts';
import { isRootsAlone } from './roots-alone.ts';

/** What this machine has for a sandbox: everything of `SandboxHostFacts` that does not depend on the start. */
export type MachineFacts = Omit<SandboxHostFacts, 'sessionAddress' | 'a11yAddress' | 'network'>;

/** Looks for bubblewrap and the proxy by `find` and really runs bubblewrap once. */
export async function probeHost(find = findProgram): Promise<{ facts: MachineFacts; programs: SandboxPrograms }> {
  const bwrap = find('bwrap');
  const proxy = find('xdg-dbus-proxy');
  const perl = find('perl');
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
  return { facts, programs: { bwrap: bwrap ?? '', proxy: proxy ?? '', perl } };
}

/** Tries whether a program in a sandbox can make one of its own; undefined where there is no bubblewrap. */
export async function probeNested(find = findProgram): Promise<NestedTrial | undefined> {
  const bwrap = find('bwrap');
  if (bwrap === undefined) return undefined;
  const { exitCode, stdout, stderr } = await run(bwrap, nestedTrialArgs);
  return { exitCode, stderr, label: stdout.replaceAll('\0', '').trim() };
}

/** A program of the system's: in a folder that only root can write. The user's PATH has no say. */
function findProgram(name: string): string | undefined {
  return programFolders
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile() && isRootsAlone(file);
      } catch {
        return false;
      }
    });
}

const programFolders = ['/usr/bin', '/bin', '/usr/local/bin', '/run/current-system/sw/bin'];

function run(
  file: string,
  args: readonly string[],
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', env: {} });
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
