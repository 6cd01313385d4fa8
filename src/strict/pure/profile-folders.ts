/** Where apps keep their profile in an ordinary home, below it: what `ringfence home --import` copies. By exact id. */
const folders: readonly (readonly [ids: readonly string[], folders: readonly string[]])[] = [
  [
    ['firefox', 'firefox-esr', 'org.mozilla.firefox'],
    ['.mozilla', '.config/mozilla'],
  ],
  [['librewolf', 'io.gitlab.librewolf-community'], ['.librewolf']],
  [['thunderbird', 'org.mozilla.Thunderbird', 'net.thunderbird.Thunderbird'], ['.thunderbird']],
  [['chromium', 'chromium-browser', 'org.chromium.Chromium'], ['.config/chromium']],
  [['google-chrome', 'com.google.Chrome'], ['.config/google-chrome']],
  [['brave-browser', 'com.brave.Browser'], ['.config/BraveSoftware']],
  [['microsoft-edge', 'com.microsoft.Edge'], ['.config/microsoft-edge']],
  [['vivaldi-stable', 'com.vivaldi.Vivaldi'], ['.config/vivaldi']],
  [['org.qutebrowser.qutebrowser'], ['.config/qutebrowser', '.local/share/qutebrowser']],
  [
    ['libreoffice-startcenter', 'libreoffice-writer', 'libreoffice-calc', 'libreoffice-impress'],
    ['.config/libreoffice'],
  ],
  [['org.gnome.gedit'], ['.config/gedit', '.local/share/gedit']],
  [['org.keepassxc.KeePassXC'], ['.config/keepassxc']],
  [
    ['vlc', 'org.videolan.VLC'],
    ['.config/vlc', '.local/share/vlc'],
  ],
  [['gimp', 'org.gimp.GIMP'], ['.config/GIMP']],
  [['org.inkscape.Inkscape'], ['.config/inkscape']],
  [
    ['code', 'com.visualstudio.code'],
    ['.config/Code', '.vscode'],
  ],
  [['jedit'], ['.jedit']],
];

/** The profile folders of an app; none for one that is not known. */
export function profileFolders(id: string): readonly string[] {
  return folders.find(([ids]) => ids.includes(id))?.[1] ?? [];
}
