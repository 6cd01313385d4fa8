import { describe, expect, it } from 'vitest';
import { profileFolders } from '../../../../src/strict/pure/profile-folders.ts';

describe('the folders of a profile', () => {
  // From the applications' own documentation: chromium's docs/user_data_dir.md, Mozilla's "Profile Manager", VS Code's "Uninstall".
  it.each([
    ['firefox', ['.mozilla', '.config/mozilla']],
    ['firefox-esr', ['.mozilla', '.config/mozilla']],
    ['org.mozilla.Thunderbird', ['.thunderbird']],
    ['org.chromium.Chromium', ['.config/chromium']],
    ['com.google.Chrome', ['.config/google-chrome']],
    ['com.brave.Browser', ['.config/BraveSoftware']],
    ['code', ['.config/Code', '.vscode']],
    ['org.videolan.VLC', ['.config/vlc', '.local/share/vlc']],
  ])('of %s are %j', (id, folders) => expect(profileFolders(id)).toEqual(folders));

  it.each(['', 'Firefox', 'firefox.desktop', 'org.mozilla', 'gnome-terminal', 'constructor'])('are none for %j', (id) =>
    expect(profileFolders(id)).toEqual([]),
  );
});
