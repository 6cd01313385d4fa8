import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { EnclosureWire } from '../ports.ts';

/**
 * The named pipes of a sandbox that ringfence-shell makes: `inner` from the gate inside, `go` to it, and `sync`, which the bus
 * filter ends with. Every end of ours is open from the start, so that opening theirs never waits; when the daemon ends, they
 * close, and the gate reads the end of file.
 */
export async function openEnclosureWire(
  folder: string,
  makePipes: (paths: readonly string[]) => Promise<void>,
): Promise<EnclosureWire> {
  const [go = '', inner = '', sync = ''] = ['go', 'inner', 'sync'].map((name) => join(folder, name));
  await makePipes([go, inner, sync]);
  const both = constants.O_RDWR | constants.O_NONBLOCK;
  let going: number | undefined = openSync(go, both);
  const heard = new Socket({ fd: openSync(inner, both), readable: true, writable: false });
  heard.on('error', () => {});
  const close = () => {
    if (going !== undefined) closeSync(going);
    going = undefined;
    heard.destroy();
  };
  return {
    line: new Promise((resolve) => {
      let text = '';
      heard.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        // More than any line of the gate's: not its.
        if (text.includes('\n') || text.length > 100) resolve(text);
      });
    }),
    syncPath: sync,
    close,
    say(line) {
      if (going !== undefined) writeSync(going, line);
      close();
    },
  };
}
