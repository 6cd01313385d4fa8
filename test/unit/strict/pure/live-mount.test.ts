import { describe, expect, it } from 'vitest';
import { documentNamesArgv } from '../../../../src/strict/pure/document-names.ts';
import { liveMountArgv, parseLiveMount, renderLiveMount } from '../../../../src/strict/pure/live-mount.ts';
import { headerNumbers } from '../../../fixtures/denied-calls.ts';

const order = {
  ...({ do: 'mount', kind: 'folder', writable: true, id: '1:2', links: [] } as const),
  ...{ initPid: 7, cgroup: '/a.scope', path: '/data/a' },
};

describe.each(['x86_64', 'aarch64'] as const)('what perl is told of the kernel, on %s', (arch) => {
  const header = headerNumbers(arch);
  const numbers = (...names: string[]) => names.map((name) => String(header.get(name)));

  it('are the numbers of its calls, as the kernel’s own headers have them', () => {
    const [, , ...live] = liveMountArgv(arch, 1234);
    expect(live).toEqual([...numbers('setns', 'unshare', 'umount2', 'prctl'), '1234']);
    expect(documentNamesArgv(arch).slice(2)).toEqual(numbers('setns', 'mount', 'clock_gettime', 'pidfd_open'));
  });

  it('are those of the newer calls too, which are the same everywhere', () => {
    const [, names = '', values = ''] = /my \((\$openat2[^)]*)\) = \(([^)]*)\);/.exec(renderLiveMount(order)) ?? [];
    const called = names.replaceAll('$', '').split(', ');
    expect(called).toHaveLength(4);
    expect(values.split(', ')).toEqual(numbers(...called));
  });
});

describe('parseLiveMount', () => {
  it.each([
    ['fault openat2 /a: No such file or directory\n', { fault: 'openat2 /a: No such file or directory' }],
    ['done\n1 0 0:1 / / ro - tmpfs x ro\nend\n', { mountinfo: '1 0 0:1 / / ro - tmpfs x ro\n', found: true }],
    ['nothing\n1 0 0:1 / / ro - tmpfs x ro\nend\n', { mountinfo: '1 0 0:1 / / ro - tmpfs x ro\n', found: false }],
  ])('knows %j', (said, outcome) => {
    expect(parseLiveMount(said)).toEqual(outcome);
  });

  it.each(['', 'fault its first', 'done\n', 'done\n1 0 0:1 / / ro - tmpfs x ro\n', 'done\nend\n', 'done\nmore\nend'])(
    'tells nothing by %j, which may be a part',
    (said) => {
      expect(parseLiveMount(said)).toBeUndefined();
    },
  );
});
