import { RingfenceError } from '../../../domain/errors.ts';
import { windowId } from '../../../domain/window-id.ts';
import { probeWindow } from '../../../install/io/probe-window.ts';
import { judgeWindowHost } from '../../../install/pure/window-host.ts';
import { sessionBusAddress } from '../../../platform/dbus/address.ts';
import { connectBus } from '../../../platform/dbus/connection.ts';
import { isRemoteError } from '../../../platform/dbus/messages.ts';
import { openAppWindow } from '../../../platform/desktop/app-window.ts';
import type { Command, Context } from '../command.ts';
import { appIdOf } from '../name-app.ts';

/** `ringfence window [APP]` */
export const windowCommand: Command = {
  name: 'window',
  operands: '[APP]',
  summary: 'open the window, or the page that it has for an app',
  details:
    'The window is a package of its own, ringfence-gtk; "ringfence install" brings it along where gjs and libadwaita are installed.',
  options: {},
  examples: ['ringfence window', 'ringfence window firefox'],
  async run(words, context) {
    const [word] = words.positionals;
    const app = word === undefined ? undefined : withSuffix(await appIdOf(word, context));
    await open(app, context);
    if (words.flag('json')) context.terminal.printJson({ window: windowId, ...(app === undefined ? {} : { app }) });
    return 0;
  },
};

/** @throws RingfenceError Unreachable, with how to get the window where it is not installed */
async function open(app: string | undefined, { environment }: Context): Promise<void> {
  const bus = await connectBus(sessionBusAddress(environment));
  try {
    const window = openAppWindow(bus);
    if (!(await window.isThere())) {
      const wayOut =
        'install the package ringfence-gtk, or gjs, GTK 4 and libadwaita, and run "ringfence install" (see "ringfence doctor")';
      throw new RingfenceError('Unreachable', `cannot open the window: it is not installed; ${wayOut}`);
    }
    const token = environment['XDG_ACTIVATION_TOKEN'] || environment['DESKTOP_STARTUP_ID'] || undefined;
    if (app === undefined) await window.show(token);
    else await window.showApp(app, token);
  } catch (error) {
    if (!isRemoteError(error)) throw error;
    const obstacle = judgeWindowHost(await probeWindow(environment));
    const isOver = /\.(NoReply|Disconnected|NameHasNoOwner)$/.test(error.dbusName);
    const ended = 'it ended at its start; is there a display? ("journalctl --user" has what it said)';
    const reason = obstacle === undefined ? (isOver ? ended : error.message) : `${obstacle.reason}; ${obstacle.fix}`;
    throw new RingfenceError('Unreachable', `cannot open the window: ${reason}`, { cause: error });
  } finally {
    await bus.close();
  }
}

function withSuffix(id: string): string {
  return id.endsWith('.desktop') ? id : `${id}.desktop`;
}
