import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Mount, parseMountinfo, reachable } from '../../../src/domain/mounts.ts';

describe('parseMountinfo', () => {
  it('reads the example of proc_pid_mountinfo(5)', () => {
    const line = '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n';
    expect(parseMountinfo(line)).toEqual([
      { id: '36', parent: '35', device: '98:0', root: '/mnt1', path: '/mnt2', readOnly: false, type: 'ext3' },
    ]);
  });

  it('takes the options of the mount, not those of its file system', () => {
    const readOnly = (mount: string, system: string) =>
      parseMountinfo(`36 35 98:0 / / ${mount} - ext3 /dev/root ${system}`)[0]?.readOnly;
    expect(readOnly('ro,noatime', 'rw')).toBe(true);
    expect(readOnly('rw', 'ro')).toBe(false);
    expect(readOnly('rw,errors=ro', 'ro')).toBe(false);
  });

  it('undoes what the kernel escapes (mangle_path of fs/proc_namespace.c): space, tab, newline, backslash', () => {
    const [mount] = parseMountinfo('36 35 98:0 /a\\134b /\\040c\\011d\\012ä\\0 rw - ext3 x rw');
    expect([mount?.root, mount?.path]).toEqual(['/a\\b', '/ c\td\nä\\0']);
  });

  it('makes nothing up for a line that is cut short', () => {
    expect(parseMountinfo('')).toEqual([]);
    const nothing = { parent: '', device: '', root: '', path: '', readOnly: false, type: '' };
    expect(parseMountinfo('36\n\n')).toEqual([{ id: '36', ...nothing }]);
    expect(parseMountinfo(' - ')).toEqual([{ id: '', ...nothing }]);
  });
});

/** "id parent path" → a mount. */
function mount(text: string): Mount {
  const [id = '', parent = '', path = ''] = text.split(' ');
  return { id, parent, path, device: `8:${id}`, root: '/', readOnly: false, type: 'ext4' };
}
const reached = (...lines: string[]) => reachable(lines.map(mount)).map(({ id }) => id);

describe('what can be reached', () => {
  it.each<[what: string, lines: string[], ids: string[]]>([
    ['one beside the other', ['20 1 /', '21 20 /a', '22 20 /ab', '23 20 /b'], ['20', '21', '22', '23']],
    ['one in the other', ['20 1 /', '21 20 /a', '22 21 /a/b'], ['20', '21', '22']],
    ['one on top of the other', ['20 1 /', '21 20 /a', '22 21 /a'], ['20', '22']],
    ['three on top of each other', ['20 1 /', '21 20 /a', '22 21 /a', '23 22 /a'], ['20', '23']],
    ['a folder around it', ['20 1 /', '21 20 /a/b', '22 20 /a'], ['20', '22']],
    ['whatever the order', ['22 20 /a', '21 20 /a/b', '20 1 /'], ['22', '20']],
    ['what is in one that is covered', ['20 1 /', '21 20 /a', '22 21 /a/b', '23 21 /a'], ['20', '23']],
    ['what is in what covers', ['20 1 /', '21 20 /a', '23 21 /a', '22 23 /a/b'], ['20', '23', '22']],
    ['what was at the root before', ['20 1 /', '21 20 /', '22 20 /proc'], ['21']],
    ['what is at the root now', ['20 1 /', '21 20 /', '22 21 /proc'], ['21', '22']],
    ['a root that is its own parent', ['1 1 /', '20 1 /a'], ['1', '20']],
    ['the root on top of that', ['1 1 /', '20 1 /'], ['20']],
    ['some whose parent is outside of the root', ['21 20 /a', '22 20 /b'], ['21', '22']],
    ['and one that covers the other', ['21 20 /a', '22 20 /a/b'], ['21']],
  ])('is right for %s', (_, lines, ids) => expect(reached(...lines)).toEqual(ids));

  it('is what a walk along the path comes to, from mount to mount as the kernel goes', () => {
    const paths = ['/', '/a', '/a/b', '/a/b/c', '/ab', '/d'];
    const trees = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...paths)), { maxLength: 12 }).map((wishes) => {
      const all = [mount('20 1 /')];
      for (const [choice, path] of wishes) {
        const around = all.filter((one) => isAround(one.path, path) && !all.some((two) => isOn(two, one.id, path)));
        const parent = around[choice % around.length];
        if (parent !== undefined) all.push(mount(`${20 + all.length} ${parent.id} ${path}`));
      }
      return all;
    });
    fc.assert(
      fc.property(trees, fc.nat(), (all, shift) => {
        const turned = [...all.slice(shift % all.length), ...all.slice(0, shift % all.length)];
        const expected = all.filter((one) => walk(all, one.path) === one.id).map(({ id }) => id);
        expect(
          reachable(turned)
            .map(({ id }) => id)
            .sort(),
        ).toEqual(expected.sort());
      }),
      { numRuns: 500 },
    );
  });
});

const isAround = (outer: string, path: string) => outer === '/' || path === outer || path.startsWith(`${outer}/`);
const isOn = ({ parent, path: own }: Mount, id: string, path: string) => parent === id && own === path;

/** Path resolution in the manner of fs/namei.c: after each step, up through everything that is mounted right there. */
function walk(all: readonly Mount[], path: string): string {
  const climb = (id: string, at: string): string => {
    const next = all.find((one) => isOn(one, id, at));
    return next === undefined ? id : climb(next.id, at);
  };
  const steps = path.split('/').filter(Boolean);
  return steps.reduce((id, _, index) => climb(id, `/${steps.slice(0, index + 1).join('/')}`), climb('20', '/'));
}
