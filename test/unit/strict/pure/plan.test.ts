import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderBwrapArgs } from '../../../../src/strict/pure/bwrap-args.ts';
import type { SandboxOp } from '../../../../src/strict/pure/model.ts';
import { foldersBetween } from '../../../../src/strict/pure/path-relations.ts';
import { planSandbox, withCgroup } from '../../../../src/strict/pure/plan.ts';
import { fullHost, home, hostWith, plainSettings } from './example-host.ts';

const x11 = { display: ':1', xauthority: '/run/user/1000/gdm/Xauthority' };

/** The step that decides about `path`: the last mount on it or on the innermost folder around it. */
function deciding(ops: readonly SandboxOp[], path: string): SandboxOp | undefined {
  const around = ops.filter(
    (op) => 'target' in op && op.op !== 'remount-ro' && (op.target === '/' || `${path}/`.startsWith(`${op.target}/`)),
  );
  const depth = Math.max(...around.map((op) => ('target' in op ? op.target.length : 0)));
  return around.findLast((op) => 'target' in op && op.target.length === depth);
}

const isWritable = (op: SandboxOp | undefined): boolean => op?.op === 'bind';
const isHidden = (op: SandboxOp | undefined): boolean =>
  op?.op === 'tmpfs' || (op?.op === 'ro-bind' && op.source === '/dev/null');

it('plans the same for a cgroup that is told later', () => {
  const host = fullHost(plainSettings, x11);
  const later = withCgroup(planSandbox(plainSettings, { ...host, cgroup: '/' }), '/user.slice/a.scope');
  expect(later).toEqual(planSandbox(plainSettings, { ...host, cgroup: '/user.slice/a.scope' }));
});

describe('planSandbox, as bubblewrap gets it', () => {
  it.each([
    ['x11', plainSettings, fullHost(plainSettings, x11)],
    [
      'wayland-new-home',
      plainSettings,
      hostWith({}, { waylandDisplay: 'wayland-0', a11ySocket: '/run/user/1000/r/a11y' }),
    ],
    ['no-network-sound', { ...plainSettings, network: false, x11: false, sound: true }, fullHost(plainSettings, x11)],
  ] as const)('is golden: %s', async (name, settings, host) => {
    const { ops, placeholders, unguarded } = planSandbox(settings, host);
    const { argv, fds } = renderBwrapArgs(ops);
    const lines = argv.join('\n').replaceAll(/\n(?!--)/g, ' ');
    const rest = [
      ...placeholders.map(
        ({ path, kind, mode, content }) => `place ${kind} ${mode.toString(8)} ${path} ${JSON.stringify(content)}`,
      ),
      ...unguarded.map((path) => `unguarded ${path}`),
      `descriptors ${JSON.stringify(fds)}`,
    ];
    await expect(`${lines}\n\n${rest.join('\n')}\n`).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});

describe('planSandbox', () => {
  const { ops } = planSandbox(plainSettings, fullHost(plainSettings, x11));

  it('starts with the whole system read-only', () => {
    expect(ops.findIndex((op) => 'target' in op)).toBe(1);
    expect(ops[1]).toEqual({ op: 'ro-bind', source: '/', target: '/' });
    for (const path of ['/usr/bin/true', '/etc/passwd', '/opt/app', '/home/other/x']) {
      expect([path, isWritable(deciding(ops, path))]).toEqual([path, false]);
    }
  });

  it('leaves the home writable', () => {
    for (const path of ['Documents/a.txt', 'new.txt', '.config/reader/settings', '.local/share/reader', '.cache/x']) {
      expect([path, isWritable(deciding(ops, `${home}/${path}`))]).toEqual([path, true]);
    }
  });

  it('hides secrets, other apps’ profiles and what is Ringfence’s own', () => {
    for (const path of [
      '.ssh/id_ed25519',
      '.gnupg/x',
      '.local/share/keyrings/login.keyring',
      '.mozilla/firefox/profiles.ini',
      '.config/chromium/Default/Cookies',
      '.netrc',
      '.config/ringfence/config.toml',
      '.local/share/ringfence/x',
    ]) {
      expect([path, isHidden(deciding(ops, `${home}/${path}`))]).toEqual([path, true]);
    }
  });

  it('leaves a browser its own profile, and hides the others’', () => {
    const settings = { ...plainSettings, appId: 'chromium' };
    const own = planSandbox(settings, fullHost(settings)).ops;
    expect(isWritable(deciding(own, `${home}/.config/chromium/Default`))).toBe(true);
    expect(isHidden(deciding(own, `${home}/.mozilla/x`))).toBe(true);
  });

  it('keeps what runs outside later from being written', () => {
    for (const path of [
      '.bashrc',
      '.config/autostart/x.desktop',
      '.local/share/applications/firefox.desktop',
      '.config/systemd/user/x.service',
      '.local/share/dbus-1/services/x.service',
      '.local/bin/ls',
      '.config/dconf/user',
      '.inputrc',
      '.bash_completion',
      '.config/user-tmpfiles.d/x.conf',
      '.config/pkcs11/modules/x.module',
      '.pki/nssdb/pkcs11.txt',
      '.cache/gstreamer-1.0/registry.x86_64.bin',
      '.local/share/gstreamer-1.0/plugins/libx.so',
      '.local/share/flatpak/exports/share/applications/x.desktop',
      '.local/share/glib-2.0/schemas/gschemas.compiled',
    ]) {
      expect([path, deciding(ops, `${home}/${path}`)?.op]).toEqual([path, 'ro-bind']);
    }
  });

  it('pins every folder above a guarded path, so that none can be moved away', () => {
    const targets = new Set(ops.flatMap((op) => ('target' in op ? [op.target] : [])));
    const inHome = [...targets].filter((path) => path.startsWith(`${home}/`));
    for (const path of inHome) {
      for (const folder of foldersBetween(home, path)) expect([path, targets.has(folder)]).toEqual([path, true]);
    }
  });

  it('places what is missing, so that it can be guarded', () => {
    const plan = planSandbox(plainSettings, hostWith({}));
    expect(deciding(plan.ops, `${home}/.config/autostart/x`)?.op).toBe('ro-bind');
    const placed = plan.placeholders.map(({ path }) => path);
    expect(placed).toContain(`${home}/.config/autostart`);
    expect(placed).not.toContain(`${home}/.zshrc`);
    expect(plan.unguarded).toEqual([]);
    for (const { path, kind, content } of plan.placeholders) {
      if (kind === 'folder') expect([path, content]).toEqual([path, '']);
    }
  });

  it('guards a symlink where it leads, and says that the link itself is open', () => {
    const target = `${home}/dotfiles/bashrc`;
    const plan = planSandbox(
      plainSettings,
      hostWith({ [`${home}/.bashrc`]: { kind: 'symlink', target, targetKind: 'file' } }),
    );
    expect(deciding(plan.ops, target)?.op).toBe('ro-bind');
    expect(plan.ops.some((op) => 'target' in op && op.target === `${home}/.bashrc`)).toBe(false);
    expect(plan.unguarded).toEqual([`${home}/.bashrc`]);
  });

  it('opens a default for the user, wholly or in part, but never Ringfence’s own', () => {
    const settings = {
      ...plainSettings,
      readWritePaths: [`${home}/.ssh/known_hosts`, `${home}/.gnupg`, `${home}/.config/ringfence`, '/srv/data'],
    };
    const opened = planSandbox(settings, fullHost(settings)).ops;
    expect(isWritable(deciding(opened, `${home}/.gnupg/x`))).toBe(true);
    expect(isWritable(deciding(opened, `${home}/.ssh/known_hosts`))).toBe(true);
    expect(deciding(opened, `${home}/.ssh/id_rsa`)).toMatchObject({ op: 'tmpfs', mode: 0o111 });
    expect(isHidden(deciding(opened, `${home}/.config/ringfence/x`))).toBe(true);
    expect(isWritable(deciding(opened, '/srv/data/x'))).toBe(true);
  });

  it('follows the user’s lists', () => {
    const settings = {
      ...plainSettings,
      readOnlyPaths: [`${home}/Music`],
      inaccessiblePaths: [`${home}/Private`, '/opt/secret'],
      readWritePaths: [`${home}/Music/new`],
    };
    const plan = planSandbox(settings, fullHost(settings));
    expect(deciding(plan.ops, `${home}/Music/a`)?.op).toBe('ro-bind');
    expect(isWritable(deciding(plan.ops, `${home}/Music/new/a`))).toBe(true);
    expect(isHidden(deciding(plan.ops, `${home}/Private/a`))).toBe(true);
    expect(isHidden(deciding(plan.ops, '/opt/secret/a'))).toBe(true);
  });

  it('gives an IPC namespace of its own wherever no X display is shared', () => {
    const namespaces = (settings: typeof plainSettings, display?: string): unknown =>
      planSandbox(settings, hostWith({}, display === undefined ? {} : { display })).ops[0];
    const names = ['user', 'pid', 'cgroup'];
    expect(namespaces(plainSettings, ':0.0')).toEqual({ op: 'unshare', namespaces: names });
    expect(namespaces({ ...plainSettings, x11: false }, ':0')).toEqual({
      op: 'unshare',
      namespaces: [...names, 'ipc'],
    });
    expect(namespaces(plainSettings, 'there:0')).toEqual({ op: 'unshare', namespaces: [...names, 'ipc'] });
    expect(namespaces({ ...plainSettings, network: false })).toEqual({
      op: 'unshare',
      namespaces: [...names, 'ipc', 'net'],
    });
  });

  it('never makes a locked path writable and never leaves one out, whatever the lists say', () => {
    const path = fc.constantFrom(
      ...['', '/.config', '/.config/ringfence', '/.local', '/.local/share', '/.local/share/applications', '/a', '/a/b']
        .concat(['/.config/systemd/user', '/.local/share/ringfence/x', '/.local/share/dbus-1'])
        .map((rest) => `${home}${rest}`),
    );
    const lists = fc.record({
      readWritePaths: fc.array(path, { maxLength: 4 }),
      readOnlyPaths: fc.array(path, { maxLength: 4 }),
      inaccessiblePaths: fc.array(path, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(lists, (given) => {
        const settings = { ...plainSettings, ...given };
        const plan = planSandbox(settings, fullHost(settings));
        for (const rest of ['.local/share/applications', '.local/share/dbus-1', '.config/systemd']) {
          expect(isWritable(deciding(plan.ops, `${home}/${rest}`))).toBe(false);
        }
        expect(isHidden(deciding(plan.ops, `${home}/.config/ringfence/config.toml`))).toBe(true);
      }),
    );
  });
});
