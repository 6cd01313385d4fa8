/**
 * Paths of the home by what strict does with them; `home-rules.ts` makes rules of them. `~/`, `$config/`, `$data/`,
 * `$state/` and `$cache/` stand for the home and the XDG base folders. Where a list says *placed*, a missing one is made
 * for as long as a strict app runs: what is not there can be planted otherwise.
 */

// The cache holds compiled code of the command line, which runs outside.
export const ownFolders = ['$config/ringfence', '$data/ringfence', '$state/ringfence', '$cache/ringfence'];

/** Hidden and placed: `~/.ssh/config` and gpg.conf can name commands. */
export const secretFolders = ['~/.ssh', '~/.gnupg', '$data/keyrings'];

/** Hidden. */
export const secrets = [
  ...['~/.gnome2/keyrings', '$data/kwalletd', '~/.password-store', '~/.aws', '~/.azure', '~/.kube', '~/.docker'],
  ...['$config/gcloud', '$config/gh', '$config/op', '$config/git/credentials', '~/.git-credentials', '~/.netrc'],
  ...['~/.pgpass', '~/.vault-token', '~/.bitcoin', '~/.electrum', '~/.1password', '$config/rclone', '~/.pypirc'],
  ...['$config/hub', '$config/glab-cli', '$config/filezilla', '$config/Bitwarden'],
  // The session manager restarts, outside, what an XSMP client tells it to; ibus-daemon starts the engines it is told to.
  ...['~/.ICEauthority', '$cache/ibus', '$config/ibus/bus'],
];

/** Hidden from other apps. */
export const profiles: readonly (readonly [appIds: RegExp, folders: readonly string[]])[] = [
  [/firefox|librewolf|icecat|torbrowser/i, ['$config/mozilla', '$cache/mozilla', '~/.librewolf']],
  [/chromium/i, ['$cache/chromium']],
  [/google-chrome|google\.chrome/i, ['$cache/google-chrome']],
  [/brave/i, ['$config/BraveSoftware', '$cache/BraveSoftware']],
  [/edge/i, ['$config/microsoft-edge', '$cache/microsoft-edge']],
  [/vivaldi/i, ['$config/vivaldi', '$cache/vivaldi']],
  [/opera/i, ['$config/opera', '$cache/opera']],
  [/epiphany/i, ['$data/epiphany', '$config/epiphany', '$cache/epiphany']],
  [/qutebrowser/i, ['$data/qutebrowser', '$config/qutebrowser', '$cache/qutebrowser']],
  [/falkon/i, ['$config/falkon', '$cache/falkon']],
  [/thunderbird|betterbird/i, ['$cache/thunderbird']],
  [/evolution/i, ['$data/evolution', '$config/evolution', '$cache/evolution']],
  [/geary/i, ['$data/geary', '$config/geary']],
  [/signal/i, ['$config/Signal']],
  [/telegram/i, ['$data/TelegramDesktop']],
  [/discord/i, ['$config/discord']],
  [/slack/i, ['$config/Slack']],
  [/element-desktop|\.riot/i, ['$config/Element']],
  [/keepassxc/i, ['$config/keepassxc', '$cache/keepassxc']],
];

/** Hidden from other apps and placed: a profile made for a program before its first start names add-ons and macros. */
export const placedProfiles: typeof profiles = [
  [/firefox|librewolf|icecat|torbrowser/i, ['~/.mozilla']],
  [/chromium/i, ['$config/chromium']],
  [/google-chrome|google\.chrome/i, ['$config/google-chrome']],
  [/thunderbird|betterbird/i, ['~/.thunderbird']],
  [/libreoffice/i, ['$config/libreoffice']],
];

/** Read-only for other apps and placed: these load plug-ins from here at every start, instead of their own of that name. */
export const placedPlugins: typeof profiles = [
  [/gedit/i, ['$data/gedit']],
  [/eog/i, ['$data/eog']],
  [/totem/i, ['$data/totem']],
  [/rhythmbox/i, ['$data/rhythmbox']],
];

/** Read-only for other apps. */
export const plugins: typeof profiles = [
  [/^code|vscod/i, ['~/.vscode', '~/.vscode-oss', '$config/Code', '$config/Code - OSS', '$config/VSCodium']],
  [/jetbrains/i, ['$config/JetBrains', '$data/JetBrains', '$cache/JetBrains']],
  [/gimp/i, ['$config/GIMP']],
  [/inkscape/i, ['$config/inkscape']],
  [/blender/i, ['$config/blender']],
  [/vlc/i, ['$data/vlc', '$config/vlc']],
  [/mpv/i, ['$config/mpv']],
  [/(^|\.)obs/i, ['$config/obs-studio']],
  [/kodi/i, ['~/.kodi']],
  [/calibre/i, ['$config/calibre']],
  [/pidgin/i, ['~/.purple']],
  [/hexchat/i, ['$config/hexchat']],
  [/(^|\.)xed/i, ['$data/xed']],
  [/pluma/i, ['$data/pluma']],
];

/** Hidden, whoever the app is: homes of apps with a sandbox of their own. */
export const packagedHomes = ['~/.var/app', '~/snap'];

/** Read-only and placed. Ringfence's shadows live here, and so would a planted entry: no setting opens them. */
export const lockedFolders = ['$data/applications', '$data/dbus-1', '$config/systemd', '$data/systemd'];

/** Read-only and placed: an empty folder says nothing to whoever reads it. */
export const startFolders = [
  // the session and its services
  ...['$config/autostart', '$config/environment.d', '$config/dconf', '$config/pulse', '$config/pipewire'],
  ...['$config/wireplumber', '$data/wireplumber', '$data/gnome-shell', '$config/gnome-session'],
  ...['$config/plasma-workspace', '$config/xdg-desktop-portal', '$config/speech-dispatcher'],
  // systemd-tmpfiles(8) writes what these say at login; podman's generator makes units of the last (podman-systemd.unit(5))
  ...['$config/user-tmpfiles.d', '$data/user-tmpfiles.d', '$config/containers'],
  // In XDG_DATA_DIRS wherever flatpak is installed; its db holds what the portals have been allowed.
  '$data/flatpak',
  // Defaults of every setting, commands of keys among them; what draws a folder's pictures; which launchers are trusted.
  ...['$data/glib-2.0', '$data/thumbnailers', '$data/nautilus-python', '$data/gvfs-metadata'],
  // Libraries that programs load: GStreamer's and frei0r's plug-ins, PKCS #11 modules of p11-kit and of NSS.
  ...['$data/gstreamer-1.0', '~/.frei0r-1', '$config/pkcs11', '~/.pki', '$data/pki'],
  // Which plug-in file is which element; machine code of shaders, which llvmpipe runs as it finds it.
  ...['$cache/gstreamer-1.0', '$cache/mesa_shader_cache', '$cache/mesa_shader_cache_db'],
  // shells, git, python, node, vim, tmux
  ...['~/.local/bin', '~/bin', '~/.local/lib', '$config/git', '~/.bashrc.d', '$data/bash-completion'],
  ...['~/.node_modules', '~/.node_libraries', '~/.vim', '$config/tmux'],
];

/** Read-only and placed: an empty file says nothing to whoever reads it. */
export const startFiles = [
  ...['~/.bashrc', '~/.profile', '~/.bash_aliases', '~/.bash_logout', '~/.bash_completion', '$config/bash_completion'],
  ...['~/.zshenv', '~/.xprofile', '~/.xsessionrc', '~/.pam_environment', '~/.Xresources', '~/.Xdefaults'],
  ...['~/.gitconfig', '~/.asoundrc', '$config/user-dirs.dirs', '~/.gtkrc-2.0', '~/.tmux.conf', '~/.screenrc'],
  // Sourced by sensible-editor; LESSOPEN of every less; the pager of man; run by lesspipe if it is a program.
  ...['~/.selected_editor', '~/.lesskey', '$config/lesskey', '~/.manpath', '~/.lessfilter'],
  ...['~/.mailcap', '~/.curlrc', '~/.wgetrc', '~/.npmrc'],
  // Which program opens what; GLib reads the desktop's own list first.
  ...['$config/mimeapps.list', '$config/gnome-mimeapps.list', '$config/kde-mimeapps.list'],
];

/** Read-only and placed. An empty one would say something: it would hide the file that is read in its stead, or be an error. */
export const neutralFiles = [
  ['~/.bash_profile', 'if [ -r "$HOME/.profile" ]; then . "$HOME/.profile"; fi\n'],
  // A key may type a whole command.
  ['~/.inputrc', '$include /etc/inputrc\n'],
  // Sourced at the start of an X session by im-config.
  ['~/.xinputrc', 'if [ -r /etc/X11/xinit/xinputrc ]; then . /etc/X11/xinit/xinputrc; fi\n'],
  ['$config/gtk-3.0/settings.ini', '[Settings]\n'],
  [
    '~/.vimrc',
    [
      "if filereadable(expand('~/.vim/vimrc'))",
      '  source ~/.vim/vimrc',
      "elseif filereadable(expand('~/.config/vim/vimrc'))",
      '  source ~/.config/vim/vimrc',
      "elseif filereadable($VIMRUNTIME . '/defaults.vim')",
      '  source $VIMRUNTIME/defaults.vim',
      'endif',
      '',
    ].join('\n'),
  ],
] as const;

/** Read-only, of shells, desktops and tools that are in use only where their settings exist: a missing one can be made. */
export const existingOnly = [
  ...['~/.bash_login', '~/.zprofile', '~/.zshrc', '~/.zlogin', '~/.zlogout', '$config/zsh', '~/.zcompdump'],
  ...['~/.oh-my-zsh', '~/.oh-my-bash', '~/.p10k.zsh', '~/.fzf', '~/.fzf.bash', '~/.fzf.zsh', '$config/starship.toml'],
  ...['$config/fish', '$data/fish', '~/.xsession', '~/.xinitrc', '~/.xscreensaver', '~/.XCompose'],
  ...[
    '$config/vim',
    '$config/nvim',
    '$data/nvim',
    '$cache/nvim',
    '~/.emacs',
    '~/.emacs.d',
    '$config/emacs',
    '~/.nanorc',
  ],
  ...['$config/nano', '~/.muttrc', '~/.mutt', '$config/mutt', '$config/neomutt', '$config/mc', '$config/ranger'],
  ...['$config/autostart-scripts', '$config/sway', '$config/i3', '$config/hypr', '$config/niri', '$config/labwc'],
  ...['$config/river', '$config/waybar', '$config/dunst', '$config/openbox', '$config/awesome', '$config/bspwm'],
  ...['$config/sxhkd', '$config/qtile', '~/.xmonad', '~/.fluxbox', '~/.icewm', '$config/lxsession', '$config/lxqt'],
  ...['$config/xfce4', '$data/cinnamon', '$config/uwsm', '$config/alacritty', '$config/kitty', '$config/foot'],
  ...[
    '$config/wezterm',
    '~/.wezterm.lua',
    '$config/ghostty',
    '$config/terminator',
    '$data/konsole',
    '$config/konsolerc',
  ],
  ...['$config/kwinrc', '$data/kwin', '$data/plasma', '$data/kio', '~/.kde', '$data/kservices5', '$config/kdeglobals'],
  ...['$config/khotkeysrc', '$config/kglobalshortcutsrc', '$config/ksmserverrc', '$config/plasmashellrc'],
  ...['$config/plasma-org.kde.plasma.desktop-appletsrc', '$cache/plasmashell', '$cache/kwin', '$cache/krunner'],
  ...['$config/ibus', '$config/fcitx', '$config/fcitx5', '$data/fcitx5', '$data/orca', '$data/xdg-desktop-portal'],
  ...['$config/nautilus', '$data/nautilus', '$data/nemo', '$data/nemo-python', '$data/caja-python', '$config/caja'],
  ...['$cache/nvidia', '~/.nv', '~/.lv2', '~/.ladspa', '~/.vst', '~/.vst3', '~/.clap'],
  ...['~/.cargo', '~/.rustup', '~/.nvm', '~/.pyenv', '~/.rbenv', '~/.asdf', '~/.sdkman', '~/.volta', '~/.ghcup'],
  ...['~/.opam', '~/.cabal', '~/.gem', '$data/gem', '~/.luarocks', '~/perl5', '~/miniconda3', '~/anaconda3'],
  ...['$data/pipx', '~/.local/pipx', '$data/uv', '$data/mise', '$data/fnm', '$data/pnpm', '~/go/bin', '~/.npm-global'],
  ...['~/.npm', '~/.yarnrc', '~/.yarnrc.yml', '~/.yarn', '~/.deno', '~/.bun', '$config/pip', '~/.pip', '$cache/pip'],
  ...['$cache/uv', '$cache/pre-commit', '$cache/go-build', '$cache/ccache', '~/.ccache', '$cache/sccache'],
  ...['~/.gradle', '~/.m2', '~/.ansible.cfg', '~/.ipython', '~/.jupyter', '$data/jupyter', '~/.pdbrc', '~/.tigrc'],
  ...['~/.hgrc', '$config/hg', '$config/jj', '~/.gdbinit', '$config/gdb', '~/.lldbinit', '~/.psqlrc', '~/.irbrc'],
  ...['~/.Rprofile', '~/.procmailrc', '~/.forward'],
];
