import type { HostAmounts, LimitName } from './limits.ts';

/** What this machine has and can enforce, gathered by the host adapter before a decision is made. */
export interface HostFacts extends HostAmounts {
  /** cgroup v2 controllers delegated to the user manager: its own cgroup.controllers file, split at spaces. */
  readonly controllers: ReadonlySet<string>;
  /** Whether the kernel has a controller in cgroup v2 at all: cgroup.controllers of the root. */
  kernelHas(controller: string): boolean;
  /** The number in `systemd 252 (252.39-1)`. */
  readonly systemdVersion: number;
}

/** Something that cannot be enforced here: the part, why, and what the user can do about it. */
export interface Shortcoming {
  readonly part: string;
  readonly reason: string;
  readonly fix: string;
}

/** The cgroup v2 controller that a limit needs. */
export const controllerOf: Readonly<Record<LimitName, 'memory' | 'cpu' | 'io' | 'pids'>> = {
  'memory-max': 'memory',
  'memory-high': 'memory',
  'memory-swap-max': 'memory',
  'cpu-quota': 'cpu',
  'cpu-weight': 'cpu',
  'io-weight': 'io',
  'tasks-max': 'pids',
};

/** What stands in the way of enforcing a limit on this host, if anything is known to. */
export function limitShortcoming(name: LimitName, host: HostFacts): Shortcoming | undefined {
  return controllerShortcoming(name, controllerOf[name], host);
}

/** Why a controller serves nobody here; undefined where it does. */
export function controllerShortcoming(
  part: string,
  controller: string,
  { controllers, kernelHas }: Pick<HostFacts, 'controllers' | 'kernelHas'>,
): Shortcoming | undefined {
  if (controllers.has(controller)) return undefined;
  return kernelHas(controller) ? notDelegated(part, controller) : notInKernel(part, controller);
}

/** No delegation helps there (kernel-parameters.txt: cgroup_disable; where cgroup v1 has a controller, v2 has not). */
function notInKernel(part: string, controller: string): Shortcoming {
  return {
    part,
    reason: `the kernel has no ${controller} controller in cgroups version 2`,
    fix:
      'remove "cgroup_disable=..." and "systemd.unified_cgroup_hierarchy=0" from the kernel command line ' +
      '(on a Raspberry Pi, add "cgroup_enable=memory") and restart',
  };
}

/** The `cpu` controller has been delegated to users by default only since systemd 252, `io` still is not. */
export function notDelegated(part: string, controller: string): Shortcoming {
  return {
    part,
    reason: `the ${controller} controller is not delegated to your user manager`,
    fix:
      'as root, write "[Service]" and "Delegate=cpu cpuset io memory pids" (two lines) to ' +
      '/etc/systemd/system/user@.service.d/delegate.conf, run "systemctl daemon-reload" and log in again',
  };
}
