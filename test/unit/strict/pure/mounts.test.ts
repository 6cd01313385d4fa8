import { describe, expect, it } from 'vitest';
import { parseMountinfo } from '../../../../src/domain/mounts.ts';
import { liesIn, spotOf, spotsOf } from '../../../../src/strict/pure/mounts.ts';

describe('where a path lies', () => {
  const mounts = parseMountinfo(
    [
      '20 1 8:1 / / rw - ext4 a rw',
      '21 20 8:2 / /home rw - ext4 b rw',
      '22 20 8:2 /anna/Music /srv/music rw - ext4 b rw',
      '23 21 8:3 / /home/anna/disk rw - ext4 c rw',
    ].join('\n'),
  );

  it.each([
    ['/', '8:1', '/'],
    ['/usr/bin', '8:1', '/usr/bin'],
    ['/homes', '8:1', '/homes'],
    ['/home', '8:2', '/'],
    ['/home/anna/Music/a', '8:2', '/anna/Music/a'],
    ['/srv/music', '8:2', '/anna/Music'],
    ['/srv/music/a', '8:2', '/anna/Music/a'],
    ['/home/anna/disk/a', '8:3', '/a'],
  ])('%s: %s %s', (path, device, inside) => {
    expect(spotOf(path, mounts)).toEqual({ device, path: inside });
    expect(spotOf(path, [...mounts].reverse())).toEqual({ device, path: inside });
  });

  it('is nowhere without a mount around it', () => {
    expect(spotOf('/a', [])).toBeUndefined();
    expect(spotOf('/a', mounts.slice(1))).toBeUndefined();
    expect(spotsOf('/home', [])).toEqual([]);
  });

  it('has what is mounted below with it', () => {
    expect(spotsOf('/home', mounts)).toEqual([
      { device: '8:2', path: '/' },
      { device: '8:3', path: '/' },
    ]);
    expect(spotsOf('/srv', mounts)).toEqual([
      { device: '8:1', path: '/srv' },
      { device: '8:2', path: '/anna/Music' },
    ]);
    expect(spotsOf('/srv', mounts.slice(1))).toEqual([{ device: '8:2', path: '/anna/Music' }]);
  });

  it('is in another by file system and folder', () => {
    const spot = (device: string, path: string) => ({ device, path });
    expect(liesIn(spot('8:1', '/a/b'), spot('8:1', '/a'))).toBe(true);
    expect(liesIn(spot('8:1', '/a'), spot('8:1', '/a'))).toBe(true);
    expect(liesIn(spot('8:1', '/ab'), spot('8:1', '/a'))).toBe(false);
    expect(liesIn(spot('8:1', '/a'), spot('8:1', '/a/b'))).toBe(false);
    expect(liesIn(spot('8:2', '/a/b'), spot('8:1', '/a'))).toBe(false);
  });
});
