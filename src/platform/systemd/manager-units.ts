import { RingfenceError } from '../../domain/errors.ts';
import type { BusConnection } from '../dbus/connection.ts';
import { isRemoteError } from '../dbus/connection.ts';
import { variant } from '../dbus/signature.ts';
import { askManager } from './ask-manager.ts';
import { reloadManager } from './bus-driver.ts';
import { managerName } from './manager-calls.ts';

/** One property of a unit, as plain data. */
export interface UnitProperty {
  readonly name: string;
  readonly signature: string;
  readonly value: unknown;
}

/** What the user manager does with units that are there. */
export interface Units {
  /**
   * Changes properties of a unit that is loaded, until it or the session ends. systemd answers before it has written to the kernel.
   * @throws RingfenceError NoSuchInstance when there is no such unit; what a call throws for what it refuses
   */
  setProperties(unit: string, properties: readonly UnitProperty[]): Promise<void>;
  /** Starts a slice, which makes its cgroup; one that is active stays as it is. */
  startSlice(unit: string): Promise<void>;
  /** A limit of a slice as the manager has it (a property of org.freedesktop.systemd1.Slice): UINT64_MAX for none. */
  sliceLimit(unit: string, property: string): Promise<bigint>;
  /** The manager reads its units again. */
  reload(): Promise<void>;
  /** Whether this process is being ended for good: by no restart of its unit, and not because the whole manager ends. */
  endsForGood(): Promise<boolean>;
}

/** Over the bus; every call waits for a manager that is away for a moment. */
export function manageUnits(bus: BusConnection): Units {
  const { call, property } = askManager(bus);
  return {
    async setProperties(unit, properties) {
      await call('SetUnitProperties', 'sba(sv)', [unit, true, onWire(properties)], '').catch((error: unknown) => {
        if (!isRemoteError(error, `${managerName}.NoSuchUnit`)) throw error;
        throw new RingfenceError('NoSuchInstance', `cannot change ${unit}: it has ended`, { cause: error });
      });
    },

    async startSlice(unit) {
      await call('StartUnit', 'ss', [unit, 'fail'], 'o');
    },

    async sliceLimit(unit, name) {
      const [path] = await call('LoadUnit', 's', [unit], 'o');
      return (await property(name, path, `${managerName}.Slice`)) as bigint;
    },

    reload: () => reloadManager(bus),

    async endsForGood() {
      if ((await property('SystemState')) === 'stopping') return false;
      const [path] = await call('GetUnitByPID', 'u', [0], 'o');
      const [number, job] = (await property('Job', path, `${managerName}.Unit`)) as [number, string];
      return number === 0 || (await property('JobType', job, `${managerName}.Job`)) !== 'restart';
    },
  };
}

/** Properties as StartTransientUnit and SetUnitProperties take them. */
export function onWire(properties: readonly UnitProperty[]): [string, never][] {
  return properties.map(({ name, signature, value }) => [name, variant(signature, value)] as [string, never]);
}
