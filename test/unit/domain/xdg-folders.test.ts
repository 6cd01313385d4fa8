import { describe, expect, it } from 'vitest';
import { xdgFolders } from '../../../src/domain/xdg-folders.ts';

describe('xdgFolders', () => {
  it('has the defaults of the specification', () => {
    expect(xdgFolders({ HOME: '/home/ada/' })).toEqual({
      home: '/home/ada',
      data: '/home/ada/.local/share',
      config: '/home/ada/.config',
      state: '/home/ada/.local/state',
      cache: '/home/ada/.cache',
      dataDirs: ['/usr/local/share', '/usr/share'],
      configDirs: ['/etc/xdg'],
    });
  });

  it('takes what is set, without slashes at the end', () => {
    const folders = xdgFolders({ HOME: '/', XDG_DATA_HOME: '/d//', XDG_DATA_DIRS: '/a/:/b', XDG_CONFIG_DIRS: '/' });
    expect(folders).toMatchObject({ data: '/d', cache: '/.cache', dataDirs: ['/a', '/b'], configDirs: ['/'] });
  });

  it('ignores relative and empty ones', () => {
    const relative = { XDG_DATA_HOME: 'data', XDG_STATE_HOME: './s', XDG_CACHE_HOME: '', XDG_DATA_DIRS: 'a::/b' };
    expect(xdgFolders({ HOME: '/h', ...relative })).toMatchObject({
      data: '/h/.local/share',
      state: '/h/.local/state',
      cache: '/h/.cache',
      dataDirs: ['/b'],
    });
    expect(xdgFolders({ HOME: 'home', ...relative })).toMatchObject({ home: undefined, data: undefined });
  });
});
