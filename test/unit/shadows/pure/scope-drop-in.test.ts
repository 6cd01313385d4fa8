import { describe, expect, it } from 'vitest';
import type { DecidedLimit } from '../../../../src/domain/decision.ts';
import { foreignScopeFolders, scopeDropIn } from '../../../../src/shadows/pure/scope-drop-in.ts';

const folders = (id: string, ...lines: string[]) =>
  foreignScopeFolders(id, Buffer.from(['[Desktop Entry]', 'Name=App', ...lines, ''].join('\n')));

describe('foreignScopeFolders', () => {
  it('are none for most', () => expect(folders('org.test.App.desktop')).toEqual([]));

  it('is that of a flatpak, escaped as systemd does', () => {
    expect(folders('a.desktop', 'X-Flatpak=org.test.My-App')).toEqual(['app-flatpak-org.test.My\\x2dApp-.scope.d']);
    expect(folders('a.desktop', 'X-Flatpak=.a:b_c é\t~')).toEqual([
      'app-flatpak-\\x2ea:b_c\\x20\\xc3\\xa9\\x09\\x7e-.scope.d',
    ]);
    expect(folders('a.desktop', 'X-Flatpak=')).toEqual([]);
  });

  it('is that of a snap, by its instance and its app', () => {
    const instance = 'X-SnapInstanceName=fox-2';
    expect(folders('fox-2_fox.desktop', instance, 'X-SnapAppName=fox')).toEqual(['snap.fox\\x2d2.fox-.scope.d']);
    expect(folders('fox-2_some_app.desktop', instance)).toEqual(['snap.fox\\x2d2.app-.scope.d']);
    expect(folders('fox.desktop.desktop', instance)).toEqual(['snap.fox\\x2d2.fox.desktop-.scope.d']);
    expect(folders('a.desktop', 'X-SnapInstanceName=')).toEqual([]);
    // What the entry says is more than what its id looks like.
    expect(folders('other_name.desktop', instance, 'X-SnapAppName=fox')).toEqual(['snap.fox\\x2d2.fox-.scope.d']);
    expect(folders('fox_a.desktop.b.desktop', instance)).toEqual(['snap.fox\\x2d2.a.desktop.b-.scope.d']);
  });

  it('does not fail for an entry that cannot be read and is neither', () => {
    expect(foreignScopeFolders('a.desktop', Buffer.from('nonsense'))).toEqual([]);
    expect(() => foreignScopeFolders('a.desktop', Buffer.from('nonsense X-Flatpak'))).toThrow();
    expect(() => foreignScopeFolders('a.desktop', Buffer.from('nonsense X-SnapInstanceName'))).toThrow();
  });

  it('does not look at other groups', () => {
    expect(folders('a.desktop', '', '[Desktop Action x]', 'X-Flatpak=org.test.App', 'X-SnapInstanceName=a')).toEqual(
      [],
    );
  });

  it.each([
    ['chromium', 'org.chromium.Chromium'],
    ['chromium-browser', 'org.chromium.Chromium'],
    ['brave-browser', 'org.chromium.Chromium'],
    ['microsoft-edge', 'org.chromium.Chromium'],
    ['vivaldi-stable', 'org.chromium.Chromium'],
    ['opera', 'org.chromium.Chromium'],
    ['google-chrome', 'com.google.Chrome'],
    ['com.google.Chrome', 'com.google.Chrome'],
    ['google-chrome-beta', 'com.google.Chrome.beta'],
    ['google-chrome-unstable', 'com.google.Chrome.unstable'],
  ])('knows what %s calls its scopes', (name, scope) => {
    expect(folders(`${name}.desktop`)).toEqual([`app-${scope}-.scope.d`]);
    expect(folders(name)).toEqual([`app-${scope}-.scope.d`]);
    expect(folders(`${name}.desktop.old`)).toEqual([]);
    expect(folders(`${name}.desktop.desktop`)).toEqual([]);
  });
});

describe('scopeDropIn', () => {
  const limit = (name: DecidedLimit['name'], value: DecidedLimit['value']) => ({ name, value }) as DecidedLimit;

  it('has every limit as systemd writes it', () => {
    const limits = [
      limit('memory-max', 1024n),
      limit('memory-high', 'infinity'),
      limit('memory-swap-max', 0n),
      limit('cpu-quota', 1_505_000n),
      limit('cpu-weight', 50n),
      limit('io-weight', 200n),
      limit('tasks-max', 33n),
    ];
    expect(scopeDropIn('a.desktop', '/usr/a', limits)).toBe(`# The limits of a.desktop, by Ringfence
# X-Ringfence-Source=/usr/a
[Scope]
OOMPolicy=continue
MemoryMax=1024
MemoryHigh=infinity
MemorySwapMax=0
CPUQuota=150.5%
CPUWeight=50
IOWeight=200
TasksMax=33
`);
  });

  it('takes a quota back with nothing', () => {
    expect(scopeDropIn('a', '/a', [limit('cpu-quota', 'infinity')])).toContain('\nCPUQuota=\n');
  });
});
