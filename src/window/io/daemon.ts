import Gio from 'gi://Gio?version=2.0';
import type GLib from 'gi://GLib?version=2.0';
import { type Instance, instanceFrom } from '../pure/instance.ts';
import { latestOf } from '../pure/let-in.ts';
import { BusError, call } from './bus.ts';

const name = 'org.ringfence.Ringfence1';
const root = '/org/ringfence/Ringfence1';
const instanceInterface = 'org.ringfence.Instance1';
/** How long an answer may take, in ms, before the daemon counts as one that hangs. Starts of strict apps take the longest. */
const patience = 10_000;
const longPatience = 120_000;
/** G_MAXINT: no end at all (g_dbus_connection_call). */
const noEnd = 2_147_483_647;

export type Row = Readonly<Record<string, string>>;

/**
 * "starting": nothing is known yet. "ready": it answers. "missing": the bus cannot start it (`reason` says why).
 * "silent": it has the name and does not answer.
 */
export type DaemonState = 'starting' | 'ready' | 'missing' | 'silent';

/** What can be listened for. */
export interface DaemonEvents {
  /** `state` or `reason`. */
  state(): void;
  /** Instances came, went or changed. */
  instances(): void;
  /** The configuration was read anew, or cannot be read. */
  config(): void;
  /** Apps were enabled, disabled, installed or removed. */
  apps(): void;
  /** A profile is being imported; `name`: of its app, without ".desktop". */
  import(name: string, progress: Row): void;
}

type InstanceChange = (instances: Map<string, Instance>) => void;

/** The home of a strict app. */
export interface Home {
  readonly path: string;
  readonly exists: boolean;
  readonly bytes: number;
  /** Folders below the user's home that an import would copy. */
  readonly profile: readonly string[];
}

/**
 * The daemon as the window knows it: followed by its signals, asked by its methods. It is started when it is not there, and everything is
 * asked anew when another has taken its place.
 */
export class Daemon {
  state: DaemonState = 'starting';
  /** Why it is missing, in the words of who knows. */
  reason = '';
  version = '';
  /** Empty, or what is wrong with the configuration. */
  configError = '';
  /** Profile → its settings. */
  profiles: Readonly<Record<string, Row>> = {};
  readonly instances = new Map<string, Instance>();
  /** What was heard of instances since each question that is not answered yet: an answer may be older than that. */
  readonly #heardSince = new Set<InstanceChange[]>();
  /** The latest of each app that has ended while this window was there. */
  readonly #ended = new Map<string, Instance>();
  readonly #bus: Gio.DBusConnection;
  readonly #listeners: { [Name in keyof DaemonEvents]: Set<DaemonEvents[Name]> } = {
    state: new Set(),
    instances: new Set(),
    config: new Set(),
    apps: new Set(),
    import: new Set(),
  };

  constructor(bus: Gio.DBusConnection) {
    this.#bus = bus;
    this.#subscribe();
    Gio.bus_watch_name_on_connection(
      bus,
      name,
      Gio.BusNameWatcherFlags.AUTO_START,
      () => void this.#meet(),
      () => void this.#miss(),
    );
  }

  /** Calls back at each event of this name. Returns how to stop that. */
  on<Name extends keyof DaemonEvents>(event: Name, listener: DaemonEvents[Name]): () => void {
    this.#listeners[event].add(listener);
    return () => this.#listeners[event].delete(listener);
  }

  /** The latest start of an app, whether it runs or ended while this window was there. */
  lastStart(app: string): Instance | undefined {
    return latestOf(this.instances.values(), app) ?? this.#ended.get(app);
  }

  /** Asks again, after it was missing or silent. */
  retry(): void {
    void this.#meet();
  }

  /** Has everybody show again what holds, as after a change that was not made. */
  announce(): void {
    this.#emit('instances');
    this.#emit('config');
  }

  /** The applications that a menu shows, and those that are enabled. */
  async listApps(): Promise<readonly Row[]> {
    return (await this.#ask<[Row[]]>('ListApps', '()', [], longPatience))[0];
  }

  /** Usage of each instance, by its path. */
  async listUsage(): Promise<Readonly<Record<string, Row>>> {
    return (await this.#ask<[Record<string, Row>]>('ListUsage', '()', []))[0];
  }

  /** A property of the main object that has to be read. */
  async rows(property: 'Desktop' | 'Capabilities'): Promise<readonly Row[]> {
    const target = { name, path: root, interface: 'org.freedesktop.DBus.Properties' };
    return (await call<[Row[]]>(this.#bus, target, 'Get', '(ss)', [name, property], patience))[0];
  }

  /** Has the usual icon of an app start it in its fence, or no longer. Returns what there is to say of it. */
  async setEnabled(apps: readonly string[], isEnabled: boolean): Promise<readonly Row[]> {
    const method = isEnabled ? 'EnableApp' : 'DisableApp';
    return (await this.#ask<[Row[]]>(method, '(asa{ss})', [apps, {}], longPatience))[0];
  }

  /** What holds for a section of the configuration ("app.firefox"), and where that is written. */
  async getConfig(section: string): Promise<readonly Row[]> {
    return (await this.#ask<[Row[]]>('GetConfig', '(s)', [section]))[0];
  }

  /** Sets a key in the user's own configuration file; no words take it out. Returns what the file said before. */
  async setConfig(section: string, key: string, words: readonly string[]): Promise<readonly string[]> {
    return (await this.#ask<[string[]]>('SetConfig', '(ssas)', [section, key, words]))[0];
  }

  /** Gives an app's sandboxes that run what is shared with it now. Resolves to whether they all have it; an older daemon cannot. */
  async updateShares(app: string): Promise<boolean> {
    const [changes] = await this.#ask<[Row[]]>('UpdateShares', '(s)', [app], longPatience).catch(() => [undefined]);
    return changes?.every(({ state }) => state !== 'at-next-start') ?? false;
  }

  /** @param app its id */
  async getHome(app: string): Promise<Home> {
    const [home, profile] = await this.#ask<[Row, string[]]>('GetHome', '(s)', [app], longPatience);
    const { path = '', exists, bytes } = home;
    return { path, exists: exists === 'yes', bytes: Number(bytes ?? 0), profile };
  }

  /** Brings an app's profile into its own home, which may take minutes. Resolves to how many files that were, and were not. */
  async importHome(app: string): Promise<{ readonly files: number; readonly skipped: number }> {
    const [done, skipped] = await this.#ask<[Row, string[]]>('ImportHome', '(s)', [app], noEnd);
    return { files: Number(done['files'] ?? 0), skipped: skipped.length };
  }

  /** Moves an app's own home to the trash. */
  async resetHome(app: string): Promise<void> {
    await this.#ask('ResetHome', '(s)', [app], longPatience);
  }

  /** What works here, what does not and how to put it right. */
  async doctor(): Promise<readonly Row[]> {
    return (await this.#ask<[Row[]]>('Doctor', '()', [], longPatience))[0];
  }

  /** Starts an app in its fence. */
  async launch(app: string): Promise<void> {
    await this.#ask('Launch', '(sasa{ss})', [app, [], {}], longPatience);
  }

  async setLimits(path: string, limits: Row): Promise<void> {
    await this.#tell(path, 'SetLimits', '(a{ss})', [limits]);
  }

  async setFrozen(path: string, isFrozen: boolean): Promise<void> {
    await this.#tell(path, isFrozen ? 'Freeze' : 'Thaw', '()', []);
  }

  /** Asks it to end, and kills what is left after five seconds. */
  async stop(path: string): Promise<void> {
    await this.#tell(path, 'Stop', '(u)', [5000]);
  }

  #ask<Answer extends readonly unknown[]>(
    method: string,
    signature: string,
    values: readonly unknown[],
    timeoutMs = patience,
  ): Promise<Answer> {
    return this.#watched(
      call<Answer>(this.#bus, { name, path: root, interface: name }, method, signature, values, timeoutMs),
    );
  }

  #tell(path: string, method: string, signature: string, values: readonly unknown[]): Promise<readonly unknown[]> {
    const target = { name, path, interface: instanceInterface };
    return this.#watched(call(this.#bus, target, method, signature, values, longPatience));
  }

  /** One that answers again is not silent. */
  async #watched<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      const got = await answer;
      if (this.state === 'silent') void this.#meet();
      return got;
    } catch (error) {
      if (error instanceof BusError && error.isSilence && this.state === 'ready') this.#become('silent');
      throw error;
    }
  }

  async #meet(): Promise<void> {
    try {
      await this.#readInstances();
      const properties = { name, path: root, interface: 'org.freedesktop.DBus.Properties' };
      const [main] = await call<[Record<string, unknown>]>(this.#bus, properties, 'GetAll', '(s)', [name], patience);
      this.version = String(main['Version'] ?? '');
      this.#takeConfig(main);
      this.#become('ready');
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      if (error.isSilence) this.#become('silent');
      else this.#become('missing', error.message);
    }
    for (const event of ['instances', 'config', 'apps'] as const) this.#emit(event);
  }

  /** All that runs, and what was heard of it while the answer was on its way: that may be read before and sent after it. */
  async #readInstances(): Promise<void> {
    const objects = { name, path: root, interface: 'org.freedesktop.DBus.ObjectManager' };
    const heard: InstanceChange[] = [];
    this.#heardSince.add(heard);
    try {
      const [all] = await call<[Record<string, Record<string, Record<string, unknown>>>]>(
        this.#bus,
        objects,
        'GetManagedObjects',
        '()',
        [],
        patience,
      );
      this.instances.clear();
      for (const [path, interfaces] of Object.entries(all)) {
        const found = interfaces[instanceInterface];
        if (found !== undefined) this.instances.set(path, instanceFrom(path, found));
      }
      for (const change of heard) change(this.instances);
    } finally {
      this.#heardSince.delete(heard);
    }
  }

  /** Takes in what a signal tells of an instance. */
  #change(change: InstanceChange): void {
    change(this.instances);
    for (const heard of this.#heardSince) heard.push(change);
    this.#emit('instances');
  }

  /** Whoever asks for the name's start learns why it failed. */
  async #miss(): Promise<void> {
    this.instances.clear();
    for (const heard of this.#heardSince) heard.length = 0;
    this.#emit('instances');
    const driver = { name: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };
    try {
      await call(this.#bus, driver, 'StartServiceByName', '(su)', [name, 0], 30_000);
    } catch (error) {
      if (error instanceof BusError) this.#become('missing', error.message);
    }
  }

  #become(state: DaemonState, reason = ''): void {
    if (this.state === state && this.reason === reason) return;
    this.state = state;
    this.reason = reason;
    if (state === 'silent') void this.#awaitAnswer();
    this.#emit('state');
  }

  /** One question that waits for as long as it takes: its answer is the sign of life. One that dies is seen by its name. */
  async #awaitAnswer(): Promise<void> {
    const peer = { name, path: root, interface: 'org.freedesktop.DBus.Peer' };
    try {
      await call(this.#bus, peer, 'Ping', '()', [], noEnd);
      await this.#meet();
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
    }
  }

  #takeConfig(properties: Readonly<Record<string, unknown>>): void {
    this.configError = String(properties['ConfigError'] ?? this.configError);
    this.profiles = (properties['Profiles'] as Daemon['profiles'] | undefined) ?? this.profiles;
  }

  #emit(event: Exclude<keyof DaemonEvents, 'import'>): void {
    for (const listener of [...this.#listeners[event]]) listener();
  }

  #subscribe(): void {
    const listen = (path: string | null, member: string, act: (path: string, values: unknown[]) => void) => {
      this.#bus.signal_subscribe(
        name,
        null,
        member,
        path,
        null,
        Gio.DBusSignalFlags.NONE,
        (_bus, _sender, from, _interface, _member, parameters: GLib.Variant) =>
          act(from ?? '', parameters.recursiveUnpack() as unknown as unknown[]),
      );
    };
    listen(root, 'InterfacesAdded', (_from, [path, interfaces]) => {
      const found = (interfaces as Record<string, Record<string, unknown>>)[instanceInterface];
      if (found === undefined) return;
      const added = instanceFrom(String(path), found);
      this.#change((instances) => void instances.set(added.path, added));
    });
    listen(root, 'InterfacesRemoved', (_from, [path]) => {
      const ended = this.instances.get(String(path));
      if (ended !== undefined && ended.app !== '') this.#ended.set(ended.app, ended);
      this.#change((instances) => void instances.delete(String(path)));
    });
    listen(root, 'HomeImport', (_from, [app, progress]) => {
      for (const listener of [...this.#listeners.import]) listener(String(app), progress as Row);
    });
    listen(root, 'AppsChanged', () => this.#emit('apps'));
    listen(null, 'PropertiesChanged', (path, [, changed]) => {
      if (path === root) {
        this.#takeConfig(changed as Record<string, unknown>);
        this.#emit('config');
        return;
      }
      this.#change((instances) => {
        const before = instances.get(path);
        if (before !== undefined) instances.set(path, instanceFrom(path, changed as Record<string, unknown>, before));
      });
    });
  }
}
