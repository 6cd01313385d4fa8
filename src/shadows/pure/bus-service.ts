import { parseExec } from '../../domain/desktop-entry/exec-line.ts';
import { parseDesktopEntry } from '../../domain/desktop-entry/parse.ts';
import { RingfenceError } from '../../domain/errors.ts';
import { clientScript } from './client-script.ts';
import { namesClient } from './open-line.ts';
import { sourceKey } from './shadow-entry.ts';

const group = 'D-BUS Service';

/** A D-Bus activation file (D-Bus specification, "Message Bus Starting Services"). */
export interface BusService {
  /** Absolute. */
  readonly path: string;
  /** The well-known bus name. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly systemdUnit: string | undefined;
  /** Written by Ringfence. */
  readonly override: boolean;
}

/** Reads an activation file; undefined when the bus could not start anything by it. */
export function parseBusService(path: string, bytes: Uint8Array): BusService | undefined {
  try {
    const document = parseDesktopEntry(bytes, path);
    const name = document.get(group, 'Name');
    const exec = document.get(group, 'Exec');
    if (name === undefined || exec === undefined || !/^[\w-]+(\.[\w-]+)+$/.test(name)) return undefined;
    // The percent sign means nothing here.
    const argv = parseExec(exec.replaceAll('%', '%%')).map((word) =>
      word.map((part) => ('text' in part ? part.text : '')).join(''),
    );
    const override = document.get(group, sourceKey) !== undefined || namesClient(exec);
    return { path, name, argv, systemdUnit: document.get(group, 'SystemdService'), override };
  } catch {
    return undefined;
  }
}

/**
 * The activation files by which an app can be started: that of its own name (the desktop id, as the Desktop Entry
 * Specification has it for D-Bus activation), and others that start the same program the same way (nautilus is
 * org.freedesktop.FileManager1 as well). `services` holds one per bus name. One without a program of its own
 * (Exec=/bin/false, systemd alone starts it) can't be overridden and is not among them.
 */
export function servicesOf(appName: string, services: ReadonlyMap<string, BusService>): BusService[] {
  const own = services.get(appName);
  if (own === undefined || /(^|\/)(false|true)$/.test(own.argv[0] ?? '')) return [];
  const command = own.argv.join('\0');
  return [...services.values()].filter((one) => one === own || one.argv.join('\0') === command);
}

/** What an override and its script are made from. */
export interface OverrideInput {
  readonly service: BusService;
  /** With ".desktop". */
  readonly appId: string;
  readonly sourcePath: string;
  readonly sourceHash: string;
  /** Where the script is. Absolute. */
  readonly scriptPath: string;
  readonly clientPath: string;
  readonly version: string;
  readonly strict: boolean;
}

/**
 * The activation file that takes the original's place. Without SystemdService, or systemd would start the original. Exec is
 * only "/bin/sh SCRIPT": dbus-daemon and dbus-broker unquote differently, and systemd expands "$" for the broker.
 *
 * @throws RingfenceError BadEntry when the path of the script can't be written so that both read it
 */
export function overrideText(input: OverrideInput): string {
  if (/['"\\$%\n]/.test(input.scriptPath)) {
    throw new RingfenceError(
      'BadEntry',
      `cannot override ${input.service.path}: the path ${input.scriptPath} contains a quote, "$", "%" or a backslash`,
    );
  }
  const script = input.scriptPath.includes(' ') ? `'${input.scriptPath}'` : input.scriptPath;
  return [
    `[${group}]`,
    `Name=${input.service.name}`,
    `Exec=/bin/sh ${script}`,
    `${sourceKey}=${input.sourcePath}`,
    `X-Ringfence-Hash=${input.sourceHash}`,
    `X-Ringfence-Version=${input.version}`,
    '',
  ].join('\n');
}

/** What the bus starts: the client, which returns when the name has its owner; the original where the client is gone. */
export function overrideScript(input: OverrideInput): string {
  const { service, appId, strict } = input;
  return clientScript({
    comment: `${sourceKey}=${input.sourcePath}`,
    client: [input.clientPath, `--app=${appId}`, `--service=${service.name}`],
    argv: service.argv,
    title: service.name,
    id: appId,
    strict,
  });
}
