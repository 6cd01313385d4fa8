import { describe, expect, it } from 'vitest';
import { type Mount, parseMountinfo, takeAway } from '../../../../src/domain/mounts.ts';
import { doubtful, questionTo } from '../../../../src/platform/files/on-the-way.ts';

/** "path type" → a mount. */
function mounts(...texts: string[]): Mount[] {
  const lines = texts.map((text, at) => {
    const [path = '', type = ''] = text.split(' ');
    return `${at + 1} 0 0:${at} / ${path} rw - ${type} x rw`;
  });
  return parseMountinfo(lines.join('\n'));
}

describe('what may hang', () => {
  it.each([
    ...['fuse', 'fuseblk', 'fuse.sshfs', 'virtiofs', 'nfs', 'nfs4', 'cifs', 'smb3', '9p', 'vboxsf', 'ceph', 'autofs'],
    ...['afs', 'coda', 'lustre', 'glusterfs', 'beegfs', 'gpfs'],
  ])('is what somebody else serves: %s', (type) => {
    expect(doubtful(mounts(`/far ${type}`))).toHaveLength(1);
  });

  it.each(['ext4', 'btrfs', 'tmpfs', 'overlay', 'fusectl', 'nfsd', 'vfat'])('is not %s', (type) => {
    expect(doubtful(mounts(`/far ${type}`))).toEqual([]);
  });

  it.each(['/', '/proc/sys/fs/binfmt_misc', '/boot', '/efi', '/sys/x', '/dev/x'])('is not what lies at %s', (path) => {
    expect(doubtful(mounts(`${path} autofs`))).toEqual([]);
  });
});

describe('the first question on the way to a path', () => {
  const all = mounts('/far nfs', '/home/anna/nas fuse.sshfs', '/net autofs', '/home/anna/nas/inner 9p');
  const links: Readonly<Record<string, string>> = {
    '/home/anna/music': 'nas/music',
    '/home/anna/bin': '/far/bin',
    '/home/anna/up': '../../far',
    '/home/anna/nas/out': '/far',
    '/loop': '/loop',
    '/a': '/home/anna/bin',
  };
  const looked: string[] = [];
  const ask = (path: string, known: readonly string[] = [], covered: readonly string[] = []) => {
    looked.length = 0;
    const isKnown = ({ place }: { place: string }) => known.includes(place);
    return questionTo(path, all, new Set(covered), isKnown, (at) => {
      looked.push(at);
      return links[at];
    })?.place;
  };

  it.each([
    ['/far', '/far'],
    ['/far/deep/down', '/far'],
    ['/farther', undefined],
    ['/home/anna', undefined],
    ['/home/anna/music', '/home/anna/nas'],
    ['/home/anna/bin/program', '/far'],
    ['/home/anna/up', '/far'],
    ['/a/program', '/far'],
    ['/home//anna/./nas/../x', '/home/anna/nas'],
    ['/loop', undefined],
    ['/', undefined],
  ])('of %s is about %s', (path, place) => expect(ask(path)).toBe(place));

  it('looks at nothing behind it', () => {
    ask('/home/anna/music/more');
    expect(looked).toEqual(['/home', '/home/anna', '/home/anna/music']);
  });

  it('comes to the next where the first is known to answer', () => {
    expect(ask('/home/anna/nas/inner/x', ['/home/anna/nas'])).toBe('/home/anna/nas/inner');
    expect(ask('/home/anna/nas/out', ['/home/anna/nas'])).toBe('/far');
    expect(ask('/home/anna/nas/out', ['/home/anna/nas', '/far'])).toBeUndefined();
  });

  it('is put to an automounter by the name that is wanted, unless that is mounted', () => {
    expect(ask('/net')).toBe('/net');
    expect(ask('/net/host/share')).toBe('/net/host');
    expect(ask('/net/host/share', ['/net/host'])).toBeUndefined();
    expect(ask('/net/host/share', [], ['/net/host'])).toBeUndefined();
  });

  it('looks at nothing where nothing may hang', () => {
    const nothing = () => {
      throw new Error('looked');
    };
    expect(questionTo('/home', [], new Set(), nothing, nothing)).toBeUndefined();
  });
});

it('says how to take a mount away', () => {
  const wayOut = (path: string, type: string) => takeAway({ path, type });
  expect(wayOut('/home/anna/my nas', 'fuse.sshfs')).toBe(
    "bring back what serves /home/anna/my nas, or unmount it: fusermount3 -uz '/home/anna/my nas'",
  );
  expect(wayOut('/srv', 'nfs4')).toBe('bring back what serves /srv, or unmount it: sudo umount -l /srv');
});
