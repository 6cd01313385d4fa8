import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { machine } from 'node:os';
import { join } from 'node:path';
import { isShortage } from '../../domain/errno-text.ts';
import { isSilent } from '../../platform/files/silent-mounts.ts';
import type { SandboxPrograms } from '../ports.ts';
import {
  type NestedTrial,
  nestedTrialArgs,
  reachOf,
  readNestedTrial,
  type SandboxHostFacts,
  trialArgs,
} from '../pure/host.ts';
import { isRootsAlone } from './roots-alone.ts';

/** What this machine has for a sandbox: everything of `SandboxHostFacts` that does not depend on the start. */
export type MachineFacts = Omit<SandboxHostFacts, 'sessionAddress' | 'a11yAddress' | 'network'>;

/**
 * Looks for bubblewrap and the proxy by `find` and really runs bubblewrap. Where AppArmor keeps from it what strict needs, `programs`
 * has Ringfence's own helper in its place, if that can do more.
 */
export async function probeHost(find = findProgram): Promise<{ facts: MachineFacts; programs: SandboxPrograms }> {
  const plain = find('bwrap');
  const appArmorIsOn = readText('/sys/module/apparmor/parameters/enabled')?.trim() === 'Y';
  const helper = findIn(helperFolders, 'ringfence-bwrap');
  const bwrap = plain && helper && appArmorIsOn ? await whichReachesFurther(plain, helper) : plain;
  const proxy = find('xdg-dbus-proxy');
  const perl = find('perl');
  const [bwrapVersion, proxyVersion, trial] = await Promise.all([
    plain === undefined ? undefined : run(plain, ['--version']),
    proxy === undefined ? undefined : run(proxy, ['--version']),
    bwrap === undefined ? undefined : run(bwrap, trialArgs),
  ]);
  const facts: MachineFacts = {
    machine: machine(),
    ...defined('bwrapVersion', bwrapVersion?.stdout),
    ...defined('proxyVersion', proxyVersion?.exitCode === 0 ? proxyVersion.stdout : undefined),
    ...defined('trial', trial),
    appArmorIsOn,
    ...defined('helper', helper),
    helperIsUsed: bwrap !== plain,
    ...defined('unprivilegedUsernsClone', sysctl('kernel/unprivileged_userns_clone')),
    ...defined('maxUserNamespaces', sysctl('user/max_user_namespaces')),
    ...defined('apparmorRestrictsUserns', sysctl('kernel/apparmor_restrict_unprivileged_userns')),
  };
  return { facts, programs: { bwrap: bwrap ?? '', proxy: proxy ?? '', perl } };
}

/** Tries whether a program in a sandbox of `bwrap`'s can make one of its own. */
export async function probeNested(bwrap: string): Promise<NestedTrial> {
  return readNestedTrial(await run(bwrap, nestedTrialArgs));
}

async function whichReachesFurther(plain: string, helper: string): Promise<string> {
  const reach = reachOf(await probeNested(plain));
  return reach < 2 && reachOf(await probeNested(helper)) > reach ? helper : plain;
}

/** A program of the system's: in a folder that only root can write. The user's PATH has no say. */
function findProgram(name: string): string | undefined {
  return findIn(programFolders, name);
}

function findIn(folders: readonly string[], name: string): string | undefined {
  return folders
    .map((folder) => join(folder, name))
    .find((file) => {
      if (isSilent(file)) return false;
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile() && isRootsAlone(file);
      } catch {
        return false;
      }
    });
}

const programFolders = ['/usr/bin', '/bin', '/usr/local/bin', '/run/current-system/sw/bin'];
/** Those that packaging/apparmor/profile names. */
const helperFolders = ['/usr/lib/ringfence', '/usr/local/lib/ringfence'];

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

const sysctl = (name: string): string | undefined => readText(`/proc/sys/${name}`);

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function defined<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}
