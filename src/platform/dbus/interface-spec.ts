import type { Args, Value } from './signature.ts';

/** Who calls a method, and on which object. `sender` is the caller's unique name, stamped by the bus. */
export interface CallContext {
  readonly sender: string;
  readonly path: string;
}

/** A method: signatures, argument names for introspection, and its handler, which gets and gives checked values. */
export interface MethodSpec<I extends string = string, O extends string = string> {
  readonly in: I;
  readonly inNames: readonly string[];
  readonly out: O;
  readonly outNames: readonly string[];
  handle(args: Args<I>, call: CallContext): Promise<Args<O>> | Args<O>;
}

/** How a change of a property is announced (D-Bus specification, the annotation Property.EmitsChangedSignal). */
export type ChangeAnnouncement = 'true' | 'invalidates' | 'const' | 'false';

/** A read-only property of one complete type. */
export interface PropertySpec<S extends string = string> {
  readonly signature: S;
  readonly access: 'read';
  readonly emits: ChangeAnnouncement;
  get(): Promise<Value<S>> | Value<S>;
}

/** A signal: its signature and the names of its arguments. */
export interface SignalSpec<S extends string = string> {
  readonly signature: S;
  readonly names: readonly string[];
}

/** An interface of an object: everything that is dispatched, read and introspected. */
export interface InterfaceSpec {
  readonly name: string;
  readonly methods: Readonly<Record<string, MethodSpec>>;
  readonly properties: Readonly<Record<string, PropertySpec>>;
  readonly signals: Readonly<Record<string, SignalSpec>>;
}

/** A method whose handler is typed by its signatures: `method('su', ['name', 'count'], 'o', ['path'], …)`. */
export function method<I extends string, O extends string>(
  inSignature: I,
  inNames: readonly string[],
  outSignature: O,
  outNames: readonly string[],
  handle: (args: NoInfer<Args<I>>, call: CallContext) => Promise<NoInfer<Args<O>>> | NoInfer<Args<O>>,
): MethodSpec {
  // Typed for its author above; the dispatcher has checked the caller's signature before it hands over the values.
  return { in: inSignature, inNames, out: outSignature, outNames, handle: handle as MethodSpec['handle'] };
}

/** A read-only property whose getter is typed by its signature. */
export function property<S extends string>(
  signature: S,
  get: () => Promise<NoInfer<Value<S>>> | NoInfer<Value<S>>,
  emits: ChangeAnnouncement = 'true',
): PropertySpec {
  return { signature, access: 'read', emits, get };
}

/** A signal that is documented in introspection and checked when it is emitted. */
export function signal<S extends string>(signature: S, names: readonly string[]): SignalSpec<S> {
  return { signature, names };
}
