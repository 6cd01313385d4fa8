import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ConfigStore, configPlaces, openConfigStore } from '../../../../src/config/io/config-store.ts';

let root = '';
let own = '';
let system = '';
let memory = '';
let stores: ConfigStore[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringfence-config-'));
  own = join(root, 'home/.config/ringfence/config.toml');
  system = join(root, 'etc/xdg/ringfence/config.toml');
  memory = join(root, 'home/.local/state/ringfence/last-good-config.json');
  mkdirSync(join(root, 'home'));
  stores = [];
});

afterEach(() => {
  for (const store of stores) store.close();
  rmSync(root, { recursive: true, force: true });
});

function open(): ConfigStore {
  const store = openConfigStore({ files: [system, own], memory });
  stores.push(store);
  return store;
}

function write(path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const relaxedMemory = (store: ConfigStore) =>
  store.current().profiles.get('relaxed')?.limits.get('memory-max')?.value.text;
const withMemory = (text: string) => `[profile.relaxed]\nmemory-max = "${text}"\n`;
const becomes = (store: ConfigStore, text: string) => vi.waitFor(() => expect(relaxedMemory(store)).toBe(text), 5000);

describe('config places', () => {
  it('follow the XDG variables', () => {
    expect(configPlaces({ HOME: '/h' })).toEqual({
      files: ['/etc/xdg/ringfence/config.toml', '/h/.config/ringfence/config.toml'],
      own: '/h/.config/ringfence/config.toml',
      memory: '/h/.local/state/ringfence/last-good-config.json',
    });
    expect(
      configPlaces({ HOME: '/h', XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s', XDG_CONFIG_DIRS: '/first:rel:/second' }),
    ).toEqual({
      files: ['/second', '/first', '/c'].map((folder) => `${folder}/ringfence/config.toml`),
      own: '/c/ringfence/config.toml',
      memory: '/s/ringfence/last-good-config.json',
    });
    expect(configPlaces({ HOME: '/h', XDG_CONFIG_HOME: 'c', XDG_CONFIG_DIRS: '' }).files).toContain(
      '/h/.config/ringfence/config.toml',
    );
    expect(configPlaces({})).toEqual({ files: ['/etc/xdg/ringfence/config.toml'], own: undefined, memory: undefined });
  });
});

describe('config store', () => {
  it('starts from nothing and notices the first file in folders that were not there', async () => {
    const store = open();
    expect(relaxedMemory(store)).toBe('70%');
    write(own, withMemory('1G'));
    await becomes(store, '1G');
    write(system, `${withMemory('2G')}tasks-max = 77`);
    await vi.waitFor(() =>
      expect(store.current().profiles.get('relaxed')?.limits.get('tasks-max')?.value.text).toBe('77'),
    );
    expect(relaxedMemory(store)).toBe('1G');
  });

  it('goes by a change that was made just before the question', () => {
    const store = open();
    expect(relaxedMemory(store)).toBe('70%');
    write(own, withMemory('1G'));
    expect(relaxedMemory(store)).toBe('1G');
    write(`${own}.new`, withMemory('2G'));
    renameSync(`${own}.new`, own);
    expect(relaxedMemory(store)).toBe('2G');
    write(own, withMemory('lots'));
    expect(store.lastError()?.message).toContain('profile.relaxed.memory-max');
    expect(relaxedMemory(store)).toBe('2G');
  });

  it('leaves a file that is empty or gone for a moment to the editor that is about to write it', async () => {
    write(own, withMemory('1G'));
    const store = open();
    write(own, '');
    expect(relaxedMemory(store)).toBe('1G');
    unlinkSync(own);
    expect(relaxedMemory(store)).toBe('1G');
    await becomes(store, '70%');
  });

  it('goes by a file that is gone once somebody has to know', async () => {
    write(own, withMemory('1G'));
    const store = open();
    unlinkSync(own);
    expect(relaxedMemory(store)).toBe('1G');
    await store.settled();
    expect(relaxedMemory(store)).toBe('70%');
  });

  it('keeps the last good config, says what is wrong, and recovers', async () => {
    write(own, withMemory('1G'));
    const store = open();
    const calls = vi.fn();
    store.onChange(calls);
    write(own, withMemory('lots'));
    await vi.waitFor(() => expect(store.lastError()?.message).toContain(`${own}: line 2: profile.relaxed.memory-max`));
    expect(calls).toHaveBeenCalled();
    expect(relaxedMemory(store)).toBe('1G');
    expect(store.current().heldBack).toBeUndefined();
    write(own, withMemory('3G'));
    await becomes(store, '3G');
    expect(store.errors()).toEqual([]);
  });

  it('keeps the last good config over a restart', async () => {
    write(own, `${withMemory('1G')}[app.firefox]\nprofile = "strict"\n`);
    open().close();
    write(own, 'nonsense');
    const store = open();
    expect(relaxedMemory(store)).toBe('1G');
    expect(store.current().apps.get('firefox')?.profile?.value).toBe('strict');
    expect(store.lastError()?.code).toBe('InvalidArgument');
    write(own, withMemory('2G'));
    await becomes(store, '2G');
    expect(store.current().apps.size).toBe(0);
  });

  it('leaves a faulty file out when there is nothing to fall back on, and holds back if it may want strict', () => {
    write(system, withMemory('5G'));
    write(own, '[app.firefox]\nprofile = "strict"\nnope = 1');
    const store = open();
    expect(relaxedMemory(store)).toBe('5G');
    expect(store.current().heldBack).toBe(store.lastError());
    expect(existsSync(memory)).toBe(false);
  });

  it.each(['', '{', '[]', '{"version":2,"files":[]}', '{"version":1,"files":[{"path":"/elsewhere","text":""}]}'])(
    'does not trust a memory of %j',
    (text) => {
      write(memory, text);
      write(own, 'nope = 1\nprofile = "strict"');
      expect(open().current().heldBack).toBeDefined();
    },
  );

  it('works where the memory cannot be written', () => {
    write(dirname(memory), 'a file in the place of the folder');
    write(own, withMemory('1G'));
    expect(relaxedMemory(open())).toBe('1G');
  });

  it('keeps the memory to its user and up to date', async () => {
    write(own, withMemory('1G'));
    const store = open();
    expect(readFileSync(memory, 'utf8')).toContain('1G');
    write(own, withMemory('2G'));
    await becomes(store, '2G');
    expect(JSON.parse(readFileSync(memory, 'utf8'))).toMatchObject({ files: [{ path: own, text: withMemory('2G') }] });
  });

  it('follows editors that write beside and rename, again and again', async () => {
    write(own, withMemory('1G'));
    const store = open();
    for (const size of ['2G', '3G', '4G']) {
      write(`${own}~new`, withMemory(size));
      renameSync(`${own}~new`, own);
      await becomes(store, size);
    }
    unlinkSync(own);
    await becomes(store, '70%');
  });

  it('follows a file behind symbolic links', async () => {
    const real = join(root, 'dotfiles/a/ringfence.toml');
    write(real, withMemory('1G'));
    mkdirSync(dirname(own), { recursive: true });
    symlinkSync(real, own);
    const store = open();
    expect(relaxedMemory(store)).toBe('1G');
    write(real, withMemory('2G'));
    await becomes(store, '2G');
    const other = join(root, 'dotfiles/b.toml');
    write(other, withMemory('3G'));
    symlinkSync(other, `${own}.new`);
    renameSync(`${own}.new`, own);
    await becomes(store, '3G');
    write(other, withMemory('4G'));
    await becomes(store, '4G');
  });

  it('follows a folder that is a link, is turned to another, goes and comes back', async () => {
    const folder = dirname(own);
    write(join(root, 'one/config.toml'), withMemory('1G'));
    write(join(root, 'two/config.toml'), withMemory('2G'));
    mkdirSync(dirname(folder), { recursive: true });
    symlinkSync(join(root, 'one'), folder);
    const store = open();
    expect(relaxedMemory(store)).toBe('1G');
    symlinkSync(join(root, 'two'), `${folder}.new`);
    renameSync(`${folder}.new`, folder);
    await becomes(store, '2G');
    unlinkSync(folder);
    await becomes(store, '70%');
    write(own, withMemory('3G'));
    await becomes(store, '3G');
    rmSync(folder, { recursive: true });
    await becomes(store, '70%');
    write(own, withMemory('4G'));
    await becomes(store, '4G');
    renameSync(folder, `${folder}.away`);
    await becomes(store, '70%');
  });

  it.each([
    ['a folder', () => mkdirSync(own, { recursive: true })],
    ['not UTF-8', () => write(own, Buffer.from([0xff, 0x3d]))],
    ['too large', () => write(own, '#'.repeat(1_048_577))],
    [
      'a link to itself',
      () => {
        mkdirSync(dirname(own), { recursive: true });
        symlinkSync(own, own);
      },
    ],
  ])('takes a file that is %s for faulty', (_what, make) => {
    make();
    const store = open();
    expect(store.lastError()?.message).toMatch(`cannot read ${own}: `);
    expect(store.lastError()?.code).toBe('InvalidArgument');
    expect(store.current().heldBack).toBeDefined();
  });

  it('reads a file with a byte order mark', () => {
    write(own, `\uFEFF${withMemory('1G')}`);
    expect(relaxedMemory(open())).toBe('1G');
  });

  it('waits without a timer and does not keep the process alive', () => {
    write(own, withMemory('1G'));
    const watching = () => process.getActiveResourcesInfo().filter((kind) => kind === 'FSEventWrap').length;
    const before = watching();
    const timeout = vi.spyOn(globalThis, 'setTimeout');
    const interval = vi.spyOn(globalThis, 'setInterval');
    try {
      const store = open();
      expect(relaxedMemory(store)).toBe('1G');
      expect(timeout).not.toHaveBeenCalled();
      expect(interval).not.toHaveBeenCalled();
      expect(watching()).toBe(before);
    } finally {
      timeout.mockRestore();
      interval.mockRestore();
    }
  });

  it('does not call back for other files, nor after it was told to stop', async () => {
    write(own, withMemory('1G'));
    const store = open();
    const calls = vi.fn();
    const stopped = vi.fn();
    store.onChange(stopped)();
    store.onChange(calls);
    write(join(dirname(own), 'other.toml'), 'x');
    write(own, withMemory('1G'));
    write(join(root, 'home/.config/unrelated'), 'x');
    write(own, withMemory('2G'));
    await becomes(store, '2G');
    expect(calls).toHaveBeenCalledTimes(1);
    expect(stopped).not.toHaveBeenCalled();
  });
});
