import { sessionBusAddress } from '../platform/dbus/address.ts';
import { type Joining, joinBus } from '../platform/dbus/join.ts';

const busName = 'org.ringfence.Ringfence1';

/**
 * The daemon's way onto the bus, begun as soon as this module is loaded: a file of its own that the loader runs first. The bus
 * authenticates us and gives us the name while the rest of the program is being loaded. Undefined for other uses of the program,
 * and where there is no usable address: whoever needs the bus then says why.
 */
export const joining: Joining | undefined = process.argv.length > 2 ? undefined : begin();

function begin(): Joining | undefined {
  try {
    return joinBus(sessionBusAddress(process.env), busName);
  } catch {
    return undefined;
  }
}
