import type { SandboxHost, SandboxSettings } from '../../../../src/strict/pure/model.ts';

/** Settings that say nothing beyond the defaults. */
export const plainSettings: SandboxSettings = {
  ...{ network: true, x11: true, wayland: true, sound: false, gpu: true, printing: false },
};

export const home = '/home/anna';
export const ownHome = `${home}/.local/share/ringfence/homes/org.example.Reader`;

/** A session of uid 1000 on a system with merged folders. */
export function hostWith(rest: Partial<SandboxHost> = {}): SandboxHost {
  return {
    home,
    own: { path: ownHome, kept: true },
    runtimeDir: '/run/user/1000',
    cgroup: '/user.slice/user-1000.slice/user@1000.service/app.slice/app-ringfence-org.example.Reader-7.scope',
    folder: '/run/user/1000/ringfence/sandboxes/7',
    hasA11y: false,
    hasPressure: false,
    hasDoor: true,
    gpuDevices: [],
    system: [{ path: '/usr' }, { path: '/bin', link: 'usr/bin' }, { path: '/etc' }, { path: '/sys/devices' }],
    look: [],
    shares: [],
    links: [],
    ...rest,
  };
}
