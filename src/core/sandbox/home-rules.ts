import type { SandboxHost, SandboxSettings } from './model.ts';
import { joinPath } from './path-relations.ts';

/** What strict does with one path of the home unless the user says otherwise. */
export interface HomeRule {
  readonly path: string;
  readonly access: 'hidden' | 'read-only';
  /** What to place where nothing is yet; without it a missing path stays missing. */
  readonly place?: { readonly kind: 'folder' | 'file'; readonly content: string };
  /** Ringfence's own: no setting of the user's opens it. */
  readonly locked: boolean;
}

type Bases = Pick<SandboxHost, 'home' | 'configHome' | 'dataHome' | 'stateHome' | 'cacheHome'>;

/**
 * The rules of the home, for an app: secrets and other apps' profiles hidden, and whatever some program outside would
 * run, load or source later read-only. docs/security.md repeats the classes and says what stays open.
 */
export function homeRules({ appId }: Pick<SandboxSettings, 'appId'>, bases: Bases): HomeRule[] {
  const expand = (template: string): string => expandTemplate(template, bases);
  const rule = (access: HomeRule['access'], place?: HomeRule['place'], locked = false) => {
    return (template: string): HomeRule => ({ path: expand(template), access, locked, ...(place && { place }) });
  };
  return [
    ...ownFolders.map(rule('hidden', emptyFolder, true)),
    ...secretFolders.map(rule('hidden', emptyFolder)),
    ...secrets.map(rule('hidden')),
    ...profilesOfOthers(appId).map(rule('hidden')),
    ...lockedFolders.map(rule('read-only', emptyFolder, true)),
    ...startFolders.map(rule('read-only', emptyFolder)),
    ...startFiles.map(rule('read-only', { kind: 'file', content: '' })),
    ...neutralFiles.map(([template, content]) => rule('read-only', { kind: 'file', content })(template)),
    ...existingOnly.map(rule('read-only')),
  ];
}

const emptyFolder = { kind: 'folder', content: '' } as const;

// The cache holds compiled code of the command line, which runs outside.
const ownFolders = ['$config/ringfence', '$data/ringfence', '$state/ringfence', '$cache/ringfence'];

/** A missing one is placed too: `~/.ssh/config` and gpg.conf can name commands. */
const secretFolders = ['~/.ssh', '~/.gnupg', '$data/keyrings'];

const secrets = [
  ...['~/.gnome2/keyrings', '$data/kwalletd', '~/.password-store', '~/.aws', '~/.azure', '~/.kube', '~/.docker'],
  ...['$config/gcloud', '$config/gh', '$config/op', '$config/git/credentials', '~/.git-credentials', '~/.netrc'],
  ...['~/.pgpass', '~/.vault-token', '~/.bitcoin', '~/.electrum', '~/.1password'],
  // The session manager restarts, outside, what an XSMP client tells it to; ibus-daemon starts the engines it is told to.
  ...['~/.ICEauthority', '$cache/ibus', '$config/ibus/bus'],
];

const profileFolders: readonly (readonly [appIds: RegExp, folders: readonly string[]])[] = [
  [/firefox|librewolf|icecat|torbrowser/i, ['~/.mozilla', '$config/mozilla', '$cache/mozilla', '~/.librewolf']],
  [/chromium/i, ['$config/chromium', '$cache/chromium']],
  [/google-chrome|google\.chrome/i, ['$config/google-chrome', '$cache/google-chrome']],
  [/brave/i, ['$config/BraveSoftware', '$cache/BraveSoftware']],
  [/edge/i, ['$config/microsoft-edge', '$cache/microsoft-edge']],
  [/vivaldi/i, ['$config/vivaldi', '$cache/vivaldi']],
  [/opera/i, ['$config/opera', '$cache/opera']],
  [/epiphany/i, ['$data/epiphany', '$config/epiphany', '$cache/epiphany']],
  [/thunderbird|betterbird/i, ['~/.thunderbird', '$cache/thunderbird']],
  [/evolution/i, ['$data/evolution', '$config/evolution', '$cache/evolution']],
  [/geary/i, ['$data/geary', '$config/geary']],
  [/signal/i, ['$config/Signal']],
  [/keepassxc/i, ['$config/keepassxc', '$cache/keepassxc']],
];

function profilesOfOthers(appId: string): string[] {
  const others = profileFolders.filter(([appIds]) => !appIds.test(appId)).flatMap(([, folders]) => folders);
  return [...others, '~/.var/app', '~/snap'];
}

/** Ringfence's shadows live here, and so would a planted entry: no setting opens them. */
const lockedFolders = ['$data/applications', '$data/dbus-1', '$config/systemd', '$data/systemd'];

/** Read at the start of a session, of a service in it or of every shell, python or git: guarded even where missing. */
const startFolders = [
  ...[
    '$config/autostart',
    '$config/environment.d',
    '$config/dconf',
    '$config/git',
    '$config/pulse',
    '$config/pipewire',
  ],
  ...['$config/wireplumber', '$data/gnome-shell', '~/.local/bin', '~/bin', '~/.local/lib'],
];

/** An empty one says nothing to whoever reads it. */
const startFiles = [
  ...['~/.bashrc', '~/.profile', '~/.bash_aliases', '~/.zshenv', '~/.xprofile', '~/.xsessionrc', '~/.pam_environment'],
  ...['~/.gitconfig', '~/.asoundrc', '$config/user-dirs.dirs'],
];

/** An empty one would say something: it would hide the file that is read in its stead, or be an error. */
const neutralFiles = [
  ['~/.bash_profile', 'if [ -r "$HOME/.profile" ]; then . "$HOME/.profile"; fi\n'],
  ['$config/gtk-3.0/settings.ini', '[Settings]\n'],
] as const;

/** Of shells, desktops and tools that are in use only where their settings exist: a missing one can be made. */
const existingOnly = [
  ...['~/.bash_login', '~/.bash_logout', '~/.zprofile', '~/.zshrc', '~/.zlogin', '~/.zlogout', '$config/zsh'],
  ...['$config/fish', '~/.inputrc', '~/.xsession', '~/.xinitrc', '~/.gtkrc-2.0', '~/.selected_editor', '~/.mailcap'],
  ...['~/.vim', '~/.vimrc', '$config/nvim', '~/.emacs', '~/.emacs.d', '$config/emacs', '~/.tmux.conf', '$config/tmux'],
  ...['$config/autostart-scripts', '$config/sway', '$config/i3', '$config/hypr', '$config/niri'],
  ...['$config/plasma-workspace', '$config/kwinrc', '$data/plasma', '$data/kio', '~/.kde'],
  ...['$config/ibus', '$config/fcitx', '$config/fcitx5', '$data/fcitx5', '$config/xdg-desktop-portal'],
  ...['$config/nautilus', '$data/nautilus', '$data/nautilus-python', '$data/nemo', '$config/mimeapps.list'],
  ...['$data/flatpak', '~/.cargo', '~/.rustup', '~/.nvm', '~/.pyenv', '~/.rbenv', '~/go/bin', '~/.npm-global'],
  ...['~/.deno', '~/.bun', '~/.npmrc', '~/.hgrc', '~/.gdbinit', '~/.lldbinit', '~/.psqlrc', '~/.irbrc', '~/.Rprofile'],
  ...['~/.procmailrc', '~/.forward', '~/.lessfilter'],
];

function expandTemplate(template: string, bases: Bases): string {
  const slash = template.indexOf('/');
  const folders: Record<string, string> = {
    '~': bases.home,
    $config: bases.configHome,
    $data: bases.dataHome,
    $state: bases.stateHome,
    $cache: bases.cacheHome,
  };
  return joinPath(folders[template.slice(0, slash)] ?? bases.home, template.slice(slash + 1));
}
