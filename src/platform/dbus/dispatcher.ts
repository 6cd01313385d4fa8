import { setImmediate as nextTurn } from 'node:timers/promises';
import { errnoText } from '../../domain/errno-text.ts';
import { errorTable, RingfenceError } from '../../domain/errors.ts';
import { checkBody } from './encode.ts';
import type { InterfaceSpec, MethodSpec, PropertySpec } from './interface-spec.ts';
import { introspectionXml } from './introspection.ts';
import { CallError, dbusErrors, type MethodCall, type Reply, tooManyAnswers } from './messages.ts';
import { isInterfaceName, isMemberName, isObjectPath } from './names.ts';
import { parseSignature, parseSingleType, type Variant, variant } from './signature.ts';
import {
  type InterfaceValues,
  introspectableInterface,
  type ObjectSource,
  objectManagerInterface,
  type PropertyValues,
  peerInterface,
  propertiesInterface,
  standardNames,
} from './standard-interfaces.ts';

/** Calls of one sender that may be unanswered at a time. */
export const maxCallsPerSender = 2048;
/** The bytes that one sender's unanswered calls may hold. */
const maxBytesPerSender = 16 * 1024 * 1024;

/** What the dispatcher needs of a BusConnection. */
export interface DispatcherBus {
  emit(path: string, iface: string, member: string, signature: string, args: unknown[]): void;
  serve(handler: (call: MethodCall) => Promise<Reply> | Reply): void;
}

/** Options of `createDispatcher`. */
export interface DispatcherOptions {
  /** The path of the object that is the ObjectManager of all others. */
  readonly root: string;
  /** Gets whatever a handler or getter threw that is no RingfenceError: a bug, for the log. */
  readonly onInternalError: (error: unknown) => void;
}

/** The objects of a service. Calls are answered from `serve` on. Its functions that announce something resolve when it is announced and never reject. */
export interface ObjectTree {
  /** Answers calls from now on, and those that have waited. */
  serve(): void;
  /** Answers a call that came another way than over the bus; `sender` is whatever names that way. Never rejects. */
  answer(call: MethodCall): Promise<Reply>;
  /** Exports an object. Below the root, InterfacesAdded is emitted. Throws a TypeError for invalid specs or paths. */
  addObject(path: string, interfaces: readonly InterfaceSpec[]): Promise<void>;
  /** Takes an object away; InterfacesRemoved is emitted. An unknown path is ignored. */
  removeObject(path: string): Promise<void>;
  /** Emits PropertiesChanged with the new values, as each property's `emits` says. */
  propertiesChanged(path: string, iface: string, names: readonly string[]): Promise<void>;
  /** Emits a signal that the interface declares. Throws a TypeError for an undeclared one or unfit arguments. */
  emit(path: string, iface: string, member: string, args: unknown[]): void;
}

/** Answers the calls that come in on `bus` from a tree of objects with standard interfaces. */
export function createDispatcher(bus: DispatcherBus, options: DispatcherOptions): ObjectTree {
  return new Dispatcher(bus, options);
}

interface ExportedObject {
  readonly own: readonly InterfaceSpec[];
  readonly all: readonly InterfaceSpec[];
}

class Dispatcher implements ObjectTree {
  readonly #bus: DispatcherBus;
  readonly #options: DispatcherOptions;
  readonly #objects = new Map<string, ExportedObject>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #load = new Map<string, { calls: number; bytes: number }>();
  readonly #standard: readonly InterfaceSpec[];
  readonly #nodeOnly: readonly InterfaceSpec[];
  readonly #objectManager: InterfaceSpec;
  #announced: Promise<void> = Promise.resolve();

  constructor(bus: DispatcherBus, options: DispatcherOptions) {
    this.#bus = bus;
    this.#options = options;
    const source: ObjectSource = {
      getProperty: (path, iface, name) => this.#getProperty(path, iface, name),
      getProperties: (path, iface) => this.#getProperties(path, iface),
      refuseWrite: (path, iface, name) => this.#refuseWrite(path, iface, name),
      managedObjects: () => this.#managedObjects(),
      introspect: (path) => introspectionXml(this.#interfacesAt(path), this.#childNames(path)),
    };
    this.#nodeOnly = [introspectableInterface(source), peerInterface];
    this.#standard = [propertiesInterface(source), ...this.#nodeOnly];
    this.#objectManager = objectManagerInterface(source);
  }

  serve(): void {
    this.#bus.serve((call) => this.answer(call));
  }

  addObject(path: string, interfaces: readonly InterfaceSpec[]): Promise<void> {
    if (!isObjectPath(path)) throw new TypeError(`invalid object path ${JSON.stringify(path)}`);
    if (this.#objects.has(path)) throw new TypeError(`there is an object at ${path} already`);
    for (const spec of interfaces) checkSpec(spec);
    const extra = path === this.#options.root ? [this.#objectManager] : [];
    this.#objects.set(path, { own: interfaces, all: [...interfaces, ...this.#standard, ...extra] });
    if (!this.#isManaged(path)) return Promise.resolve();
    return this.#announce('InterfacesAdded', async () => [path, await this.#interfaceValues(interfaces)]);
  }

  removeObject(path: string): Promise<void> {
    const object = this.#objects.get(path);
    if (object === undefined) return Promise.resolve();
    this.#objects.delete(path);
    if (!this.#isManaged(path)) return Promise.resolve();
    return this.#announce('InterfacesRemoved', () => [path, object.own.map((spec) => spec.name)]);
  }

  propertiesChanged(path: string, iface: string, names: readonly string[]): Promise<void> {
    return this.#inOrder(async () => {
      const spec = this.#objects.get(path)?.own.find((candidate) => candidate.name === iface);
      // The object may be gone by now, and that has been announced.
      if (spec === undefined) return;
      const emitting = (emits: string) => names.filter((name) => ownEntry(spec.properties, name)?.emits === emits);
      const changed = await this.#values(spec, emitting('true'));
      const invalidated = emitting('invalidates');
      if (changed.size === 0 && invalidated.length === 0) return;
      this.#bus.emit(path, standardNames.properties, 'PropertiesChanged', 'sa{sv}as', [iface, changed, invalidated]);
    });
  }

  emit(path: string, iface: string, member: string, args: unknown[]): void {
    const spec = this.#objects.get(path)?.all.find((candidate) => candidate.name === iface);
    const declared = spec === undefined ? undefined : ownEntry(spec.signals, member);
    if (declared === undefined) throw new TypeError(`${path} has no signal ${iface}.${member}`);
    this.#bus.emit(path, iface, member, declared.signature, args);
  }

  async answer(call: MethodCall): Promise<Reply> {
    const load = this.#load.get(call.sender) ?? { calls: 0, bytes: 0 };
    if (load.calls >= maxCallsPerSender || (load.calls > 0 && load.bytes + call.bytes > maxBytesPerSender)) {
      return { errorName: dbusErrors.limitsExceeded, message: 'cannot take another call: too many are unanswered' };
    }
    load.calls += 1;
    load.bytes += call.bytes;
    this.#load.set(call.sender, load);
    try {
      return await this.#answer(call);
    } catch (error) {
      return this.#errorReply(error);
    } finally {
      load.calls -= 1;
      load.bytes -= call.bytes;
      if (load.calls === 0) this.#load.delete(call.sender);
    }
  }

  async #answer(call: MethodCall): Promise<Reply> {
    const method = this.#findMethod(call);
    if (call.signature !== method.in) {
      const message = `cannot call ${call.member}: it takes ${describeArgs(method)}, not '${call.signature}'`;
      throw new CallError(dbusErrors.invalidArgs, message);
    }
    const handle = () => method.handle(readBody(call), { sender: call.sender, path: call.path });
    const isLong = call.member === 'GetManagedObjects';
    const answer = isLong ? this.#inTurn(call, () => this.#betweenAnnouncements(handle)) : handle();
    return { signature: method.out, body: await answer };
  }

  /** Whoever hears of an end and then gets a list that still has it, keeps it for ever. */
  #betweenAnnouncements<T>(work: () => Promise<T> | T): Promise<T> {
    return new Promise((resolve, reject) => {
      void this.#inOrder(async () => {
        await Promise.resolve().then(work).then(resolve, reject);
        // By then it is sent.
        await nextTurn();
      });
    });
  }

  /** One of these answers at a time for each client, and others' calls between: all at once they would fill our memory. */
  async #inTurn(call: MethodCall, work: () => Promise<unknown[]> | unknown[]): Promise<unknown[]> {
    const before = this.#turns.get(call.sender);
    const turn = (async () => {
      if (before !== undefined) {
        await before.catch(() => {});
        await nextTurn();
      }
      if (call.isWanted?.() === false) throw new CallError(dbusErrors.limitsExceeded, tooManyAnswers.message);
      return work();
    })();
    this.#turns.set(call.sender, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(call.sender) === turn) this.#turns.delete(call.sender);
    }
  }

  #findMethod({ path, interface: iface, member }: MethodCall): MethodSpec {
    const interfaces = this.#interfacesAt(path);
    if (interfaces.length === 0) {
      const isPeer = iface === standardNames.peer;
      if (!isPeer) throw new CallError(dbusErrors.unknownObject, `cannot call ${member}: no object at ${path}`);
    }
    const known = interfaces.length === 0 ? [peerInterface] : interfaces;
    const candidates = iface === undefined ? known : known.filter((spec) => spec.name === iface);
    if (candidates.length === 0) {
      const message = `cannot call ${member}: no interface ${iface} at ${path}`;
      throw new CallError(dbusErrors.unknownInterface, message);
    }
    for (const spec of candidates) {
      const method = ownEntry(spec.methods, member);
      if (method !== undefined) return method;
    }
    const where = iface === undefined ? 'on any interface' : `on interface ${iface}`;
    throw new CallError(dbusErrors.unknownMethod, `cannot call ${member}: no such method ${where} at ${path}`);
  }

  /** An object's interfaces; for a path that only leads to objects, the ones every node has; else none. */
  #interfacesAt(path: string): readonly InterfaceSpec[] {
    return this.#objects.get(path)?.all ?? (this.#childNames(path).length > 0 ? this.#nodeOnly : []);
  }

  #childNames(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    const names = new Set<string>();
    for (const other of this.#objects.keys()) {
      if (other !== path && other.startsWith(prefix)) names.add(other.slice(prefix.length).split('/', 1)[0] ?? '');
    }
    return [...names];
  }

  async #getProperty(path: string, iface: string, name: string): Promise<Variant> {
    const property = this.#findProperty(path, iface, name);
    return variant(property.signature, await property.get());
  }

  async #getProperties(path: string, iface: string): Promise<PropertyValues> {
    const own = this.#ownSpecs(path, iface);
    const values = await Promise.all(own.map((spec) => this.#values(spec, Object.keys(spec.properties))));
    return new Map(values.flatMap((some) => [...some]));
  }

  #refuseWrite(path: string, iface: string, name: string): CallError {
    this.#findProperty(path, iface, name);
    return new CallError(dbusErrors.propertyReadOnly, `cannot set ${name}: the property is read-only`);
  }

  #findProperty(path: string, iface: string, name: string): PropertySpec {
    for (const spec of this.#ownSpecs(path, iface)) {
      const property = ownEntry(spec.properties, name);
      if (property !== undefined) return property;
    }
    throw new CallError(dbusErrors.unknownProperty, `no property ${name} on interface ${iface || '(any)'} at ${path}`);
  }

  /** The interfaces that `iface` names; the empty name stands for all (D-Bus specification, Properties). */
  #ownSpecs(path: string, iface: string): readonly InterfaceSpec[] {
    const all = this.#objects.get(path)?.all ?? [];
    const named = iface === '' ? all : all.filter((spec) => spec.name === iface);
    if (named.length > 0) return named;
    throw new CallError(dbusErrors.unknownInterface, `no interface ${iface} at ${path}`);
  }

  async #managedObjects(): Promise<Map<string, InterfaceValues>> {
    const managed = [...this.#objects].filter(([path]) => this.#isManaged(path));
    return new Map(
      await Promise.all(
        managed.map(async ([path, { own }]) => [path, await this.#interfaceValues(own)] as [string, InterfaceValues]),
      ),
    );
  }

  #isManaged(path: string): boolean {
    const { root } = this.#options;
    return path !== root && path.startsWith(root === '/' ? '/' : `${root}/`);
  }

  async #interfaceValues(specs: readonly InterfaceSpec[]): Promise<InterfaceValues> {
    const values: InterfaceValues = new Map();
    for (const spec of specs) values.set(spec.name, await this.#values(spec, Object.keys(spec.properties)));
    return values;
  }

  /** A property that cannot be read, or whose value is invalid, is reported and left out: the others stay readable. */
  async #values(spec: InterfaceSpec, names: readonly string[]): Promise<PropertyValues> {
    const values: PropertyValues = new Map();
    for (const name of names) {
      const property = ownEntry(spec.properties, name);
      if (property === undefined) continue;
      try {
        const value = variant(property.signature, await property.get());
        checkBody('v', [value]);
        values.set(name, value);
      } catch (error) {
        this.#options.onInternalError(error);
      }
    }
    return values;
  }

  #announce(
    member: 'InterfacesAdded' | 'InterfacesRemoved',
    body: () => Promise<unknown[]> | unknown[],
  ): Promise<void> {
    const { root } = this.#options;
    const signature = member === 'InterfacesAdded' ? 'oa{sa{sv}}' : 'oas';
    return this.#inOrder(async () =>
      this.#bus.emit(root, standardNames.objectManager, member, signature, await body()),
    );
  }

  /** Values may take time to read: announcements wait for each other, so that no end overtakes its start. */
  #inOrder(announce: () => Promise<void>): Promise<void> {
    this.#announced = this.#announced.then(announce).catch((error: unknown) => this.#options.onInternalError(error));
    return this.#announced;
  }

  #errorReply(error: unknown): Reply {
    if (error instanceof CallError || error instanceof RingfenceError) {
      return { errorName: error.dbusName, message: error.message };
    }
    const failure = errnoText(error);
    if (failure !== undefined) return { errorName: errorTable.Failed.dbusName, message: `cannot go on: ${failure}` };
    this.#options.onInternalError(error);
    const [firstLine] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
    return { errorName: errorTable.Failed.dbusName, message: `internal error: ${firstLine}` };
  }
}

function readBody(call: MethodCall): unknown[] {
  try {
    return call.decode();
  } catch {
    throw new CallError(dbusErrors.invalidArgs, `cannot call ${call.member}: its arguments are not valid D-Bus`);
  }
}

function describeArgs(method: MethodSpec): string {
  const args = parseSignature(method.in).map((type, index) =>
    `${type.signature} ${method.inNames[index] ?? ''}`.trim(),
  );
  return args.length === 0 ? 'no arguments' : `(${args.join(', ')})`;
}

/** Names come from the bus: `constructor` or `__proto__` must not find what every object inherits. */
function ownEntry<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Throws a TypeError for a spec that would make an invalid message or invalid introspection later. */
function checkSpec(spec: InterfaceSpec): void {
  if (!isInterfaceName(spec.name)) throw new TypeError(`invalid interface name ${JSON.stringify(spec.name)}`);
  for (const name of [spec.methods, spec.properties, spec.signals].flatMap((members) => Object.keys(members))) {
    if (!isMemberName(name)) throw new TypeError(`invalid member name ${JSON.stringify(name)} in ${spec.name}`);
  }
  for (const method of Object.values(spec.methods)) {
    checkNames(method.in, method.inNames);
    checkNames(method.out, method.outNames);
  }
  for (const signal of Object.values(spec.signals)) checkNames(signal.signature, signal.names);
  for (const property of Object.values(spec.properties)) parseSingleType(property.signature);
}

function checkNames(signature: string, names: readonly string[]): void {
  const count = parseSignature(signature).length;
  if (count !== names.length) throw new TypeError(`'${signature}' has ${count} arguments, but ${names.length} names`);
}
