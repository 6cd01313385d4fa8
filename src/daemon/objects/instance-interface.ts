import { RingfenceError } from '../../domain/errors.ts';
import type { Instance } from '../../domain/instance.ts';
import { reportMaps } from '../../domain/report.ts';
import { type InterfaceSpec, method, property, signal } from '../../platform/dbus/interface-spec.ts';
import { CallError, dbusErrors } from '../../platform/dbus/messages.ts';
import type { UsageWatches } from '../../watch/usage-watches.ts';

/** org.ringfence.Instance1 of one running instance; dbus/org.ringfence.Ringfence1.xml documents it. */
export const instanceInterfaceName = 'org.ringfence.Instance1';

/** Translates between the bus and an instance; it decides nothing. */
export function instanceInterface(instance: Instance, watches: Pick<UsageWatches, 'watch'>): InterfaceSpec {
  const { report } = instance;
  return {
    name: instanceInterfaceName,
    methods: {
      Stop: method('u', ['timeout_ms'], '', [], async ([timeoutMs]) => {
        await instance.stop(timeoutMs);
        return [];
      }),
      SetLimits: method('a{ss}', ['limits'], '', [], async ([limits]) => {
        await instance.setLimits(limits);
        return [];
      }),
      Freeze: method('', [], '', [], async () => {
        await instance.freeze();
        return [];
      }),
      Thaw: method('', [], '', [], async () => {
        await instance.thaw();
        return [];
      }),
      Watch: method('u', ['rate_ms'], '', [], async ([rate], { sender }) => {
        if (rate !== 0 && (rate < fastest || rate > slowest)) {
          const expected = `expected ${fastest} to ${slowest} milliseconds, or 0 to end it`;
          throw new RingfenceError('InvalidArgument', `cannot watch ${report.name} every ${rate} ms: ${expected}`);
        }
        if (await watches.watch(sender, instance, rate)) return [];
        const why = 'there are too many watches already; end some of them with 0';
        throw new CallError(dbusErrors.limitsExceeded, `cannot watch ${report.name}: ${why}`);
      }),
      Kill: method('u', ['signal'], '', [], async ([number]) => {
        if (number < 1 || number > 64) {
          throw new RingfenceError(
            'InvalidArgument',
            `cannot send signal ${number} to ${report.name}: signals are 1 to 64`,
          );
        }
        await instance.kill(number);
        return [];
      }),
    },
    properties: {
      AppId: property('s', () => (report.app === '' ? '' : `${report.app}.desktop`), 'const'),
      Name: property('s', () => report.name, 'const'),
      Unit: property('s', () => report.unit, 'const'),
      Profile: property('s', () => report.profile, 'const'),
      Scopes: property('as', () => instance.scopes()),
      Pids: property('au', () => instance.pids(), 'false'),
      StartedAt: property('t', () => BigInt(report.startedAt) * 1000n, 'const'),
      Limits: property('a{ss}', () => instance.limits()),
      Frozen: property('b', () => instance.isFrozen()),
      Usage: property('a{ss}', () => instance.usage(), 'false'),
      Report: property('aa{ss}', () => reportMaps(instance.report)),
    },
    signals: { Ended: signal('a{ss}', ['outcome']) },
  };
}

/** Of a watch, in ms: what the contract says. */
const fastest = 250;
const slowest = 3_600_000;
