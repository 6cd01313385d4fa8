import { RingfenceError } from '../../domain/errors.ts';
import { windowId } from '../../domain/window-id.ts';
import type { InstallPlaces } from './places.ts';

/** A file or symbolic link as it should be. */
export interface DesiredPlace {
  readonly path: string;
  /** Without it the daemon cannot be had: if it can't be written, nothing is. The others are left out and reported. */
  readonly needed: boolean;
  readonly group: string;
  readonly kind: string;
  /** They lead into our package, lie in it or say who wrote them: nobody else has such contents in this place. */
  readonly unmistakable: true;
  readonly contents:
    | { readonly type: 'file'; readonly mode: number; readonly modeCounts: true; bytes(): Uint8Array }
    | { readonly type: 'link'; readonly target: string };
}

/** A file of the package that is being installed. */
export interface PackageFile {
  /** Relative to the package: "dist/ringfenced", "dbus/ringfence.service.in". */
  readonly name: string;
  readonly content: Uint8Array;
  readonly executable: boolean;
}

/** What an installation is made from. */
export interface InstallInput {
  readonly places: InstallPlaces;
  readonly files: readonly PackageFile[];
  /** Absolute path of node. */
  readonly node: string;
  /** Shell → completion script. */
  readonly completions: Readonly<Record<'bash' | 'zsh' | 'fish', string>>;
  /** Whether the window comes with it. */
  readonly window: boolean;
}

/**
 * Everything an installation consists of, in the order it is to be written: what starts the daemon comes last.
 * @throws RingfenceError Failed for a package that is not complete, InvalidArgument for a path that no unit can name
 */
export function desiredInstall({ places, files: all, node, completions, window }: InstallInput): DesiredPlace[] {
  const files = window ? all : all.filter(({ name }) => !isOfWindow(name));
  const text = (name: string) => Buffer.from(find(files, name).content).toString('utf8');
  const daemon = `${places.package}/dist/ringfenced`;
  const flags = nodeFlags(text('dist/ringfenced'));
  const unit = fill(text('dbus/ringfence.service.in'), { node, flags, ringfenced: daemon }, quotePercent);
  const service = fill(text('dbus/org.ringfence.Ringfence1.service.in'), { node, flags, ringfenced: daemon });
  const page = (path: string, content: string) => file(path, false, Buffer.from(content));
  const script = (path: string, content: string) => page(path, `${content}# ${signature}\n`);
  return [
    ...[...files]
      .sort(byNeed)
      .map(({ name, content, executable }) =>
        file(`${places.package}/${name}`, true, content, executable ? 0o755 : 0o644),
      ),
    ...files.filter(isProgram).map(({ name }) => link(`${places.bin}/${baseOf(name)}`, `${places.package}/${name}`)),
    ...files
      .filter(({ name }) => /^dist\/man\/[^/]+\.[1-9]$/.test(name))
      .map(({ name, content }) =>
        page(`${places.data}/man/man${name.slice(-1)}/${baseOf(name)}`, `${Buffer.from(content)}.\\" ${signature}\n`),
      ),
    script(`${places.data}/bash-completion/completions/ringfence`, completions.bash),
    script(`${places.data}/zsh/site-functions/_ringfence`, completions.zsh),
    script(`${places.data}/fish/vendor_completions.d/ringfence.fish`, completions.fish),
    ...(window ? desiredWindow(places, text, files) : []),
    file(places.unit, true, Buffer.from(unit)),
    // Running from the login on, it follows what is installed and removed; without it icons would start it all the same.
    link(places.wanted, '../ringfence.service'),
    file(places.service, true, Buffer.from(service)),
  ];
}

/** What a desktop finds the window by. Icons and metainfo are links: they are the package's. */
function desiredWindow(
  places: InstallPlaces,
  text: (name: string) => string,
  files: readonly PackageFile[],
): DesiredPlace[] {
  const program = { window: `${places.package}/dist/ringfence-window` };
  const folder = 'dist/window';
  const entry = fill(text(`${folder}/${windowId}.desktop.in`), program, quotePercent);
  const service = fill(text(`${folder}/${windowId}.service.in`), program);
  const own = (name: string, target: string) =>
    files.some((one) => one.name === `${folder}/${name}`)
      ? [link(`${places.data}/${target}/${name}`, `${places.package}/${folder}/${name}`)]
      : [];
  return [
    ...own(`${windowId}.svg`, 'icons/hicolor/scalable/apps'),
    ...own(`${windowId}-symbolic.svg`, 'icons/hicolor/symbolic/apps'),
    ...own(`${windowId}.metainfo.xml`, 'metainfo'),
    file(places.windowService, false, Buffer.from(`${service}# ${signature}\n`)),
    file(places.windowEntry, false, Buffer.from(`${entry}# ${signature}\n`)),
  ];
}

function isOfWindow(name: string): boolean {
  return name === 'dist/ringfence-window' || name.startsWith('dist/window/');
}

/** In units and desktop entries a percent sign begins a code. */
function quotePercent(path: string): string {
  return path.replaceAll('%', '%%');
}

/** Tells what was installed from what the user saved, such as the output of "ringfence completion". */
export const signature = 'Written by "ringfence install"; "ringfence uninstall" removes it.';

/** All of an installation is one: written as a whole or not at all. */
const group = 'install';

function file(path: string, needed: boolean, content: Uint8Array, mode = 0o644): DesiredPlace {
  return {
    path,
    needed,
    group,
    kind: 'file',
    unmistakable: true,
    contents: { type: 'file', mode, modeCounts: true, bytes: () => content },
  };
}

function link(path: string, target: string): DesiredPlace {
  return { path, needed: false, group, kind: 'link', unmistakable: true, contents: { type: 'link', target } };
}

/** The flags of node in the first line of a program: "#!/usr/bin/env -S node --v8-pool-size=0". */
export function nodeFlags(program: string): string {
  return /^#!\S+ -S node ?(.*)$/m.exec(program)?.[1]?.trim() ?? '';
}

/**
 * What ringfence-open reads is there before it. V8 tells a stale cache by the length of its source alone, so a cache must never stand
 * beside a bundle that is not its own.
 */
function byNeed(a: PackageFile, b: PackageFile): number {
  const rank = ({ name }: PackageFile) => (name.endsWith('.rest') ? 0 : name.endsWith('.cache') ? 2 : 1);
  return rank(a) - rank(b);
}

function isProgram({ name, executable }: PackageFile): boolean {
  return executable && /^dist\/[a-z-]+$/.test(name) && !isOfWindow(name);
}

function find(files: readonly PackageFile[], name: string): PackageFile {
  const found = files.find((file) => file.name === name);
  if (found === undefined) {
    throw new RingfenceError('Failed', `cannot install: the package has no ${name}; build it with "npm run build"`);
  }
  return found;
}

/**
 * Puts paths, and the flags of node, into a template. Both systemd.syntax(7) and the bus take a word in double quotes; what
 * they read differently even there is refused.
 */
function fill(
  template: string,
  values: Readonly<Record<string, string>>,
  asIn: (path: string) => string = (path) => path,
): string {
  const word = (path: string) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    if (/["\\$`\u0000-\u001f\u007f]/.test(path) || !path.startsWith('/')) {
      throw new RingfenceError(
        'InvalidArgument',
        `cannot install: ${JSON.stringify(path)} cannot be named in a unit; it must be absolute, without quotes, \\, $ and control characters`,
      );
    }
    return /^[\w@%+=:,./~-]+$/.test(path) ? asIn(path) : `"${asIn(path)}"`;
  };
  return template
    .replace(/@(\w+)@/g, (whole, name: string) => {
      const value = values[name];
      return value === undefined ? whole : name === 'flags' ? value : word(value);
    })
    .replace(/^(Exec(?:Start)?=.*?) {2,}/gm, '$1 ');
}

function baseOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
