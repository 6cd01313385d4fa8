import { readFileSync } from 'node:fs';
import { type InterfaceSpec, method, signal } from './interface-spec.ts';
import { CallError, dbusErrors } from './messages.ts';
import type { Variant } from './signature.ts';

/** Property values by name. */
export type PropertyValues = Map<string, Variant>;
/** Property values by interface and name. */
export type InterfaceValues = Map<string, PropertyValues>;

/** What the standard interfaces ask of the tree of objects; each function throws CallError for what is unknown. */
export interface ObjectSource {
  getProperty(path: string, iface: string, name: string): Promise<Variant>;
  getProperties(path: string, iface: string): Promise<PropertyValues>;
  refuseWrite(path: string, iface: string, name: string): CallError;
  managedObjects(): Promise<Map<string, InterfaceValues>>;
  introspect(path: string): string;
}

/** The names of the standard interfaces (D-Bus specification, "Standard Interfaces"). */
export const standardNames = {
  properties: 'org.freedesktop.DBus.Properties',
  introspectable: 'org.freedesktop.DBus.Introspectable',
  peer: 'org.freedesktop.DBus.Peer',
  objectManager: 'org.freedesktop.DBus.ObjectManager',
} as const;

/** org.freedesktop.DBus.Properties, on every object. Every property is read-only: Set always fails. */
export function propertiesInterface(source: ObjectSource): InterfaceSpec {
  return {
    name: standardNames.properties,
    methods: {
      Get: method('ss', ['interface_name', 'property_name'], 'v', ['value'], async ([iface, name], { path }) => [
        await source.getProperty(path, iface, name),
      ]),
      GetAll: method('s', ['interface_name'], 'a{sv}', ['properties'], async ([iface], { path }) => [
        await source.getProperties(path, iface),
      ]),
      Set: method('ssv', ['interface_name', 'property_name', 'value'], '', [], ([iface, name], { path }) => {
        throw source.refuseWrite(path, iface, name);
      }),
    },
    properties: {},
    signals: {
      PropertiesChanged: signal('sa{sv}as', ['interface_name', 'changed_properties', 'invalidated_properties']),
    },
  };
}

/** org.freedesktop.DBus.Introspectable, on every node. */
export function introspectableInterface(source: ObjectSource): InterfaceSpec {
  return {
    name: standardNames.introspectable,
    methods: { Introspect: method('', [], 's', ['xml_data'], (_args, { path }) => [source.introspect(path)]) },
    properties: {},
    signals: {},
  };
}

/** org.freedesktop.DBus.Peer, on every path there is or is not. */
export const peerInterface: InterfaceSpec = {
  name: standardNames.peer,
  methods: {
    Ping: method('', [], '', [], () => []),
    GetMachineId: method('', [], 's', ['machine_uuid'], async () => [await readMachineId()]),
  },
  properties: {},
  signals: {},
};

/** org.freedesktop.DBus.ObjectManager, on the root object. */
export function objectManagerInterface(source: ObjectSource): InterfaceSpec {
  return {
    name: standardNames.objectManager,
    methods: {
      GetManagedObjects: method('', [], 'a{oa{sa{sv}}}', ['objects'], async () => [await source.managedObjects()]),
    },
    properties: {},
    signals: {
      InterfacesAdded: signal('oa{sa{sv}}', ['object', 'interfaces']),
      InterfacesRemoved: signal('oas', ['object', 'interfaces']),
    },
  };
}

function readMachineId(): string {
  for (const path of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    try {
      const id = readFileSync(path, 'utf8').trim();
      if (/^[0-9a-f]{32}$/.test(id)) return id;
    } catch {
      // The other one may be there.
    }
  }
  throw new CallError(dbusErrors.failed, 'cannot read the machine id: neither /etc nor /var/lib/dbus has one');
}
