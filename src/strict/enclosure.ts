import type { RingfenceError } from '../domain/errors.ts';
import type { ReportRow } from '../domain/report.ts';
import type { EnclosureWire, SandboxFolders } from './ports.ts';
import { renderBwrapArgs } from './pure/bwrap-args.ts';
import { enclosureFds, enclosureGoLine, enclosureRefusal } from './pure/enclosure-script.ts';
import { enforcedRows } from './pure/enforced-rows.ts';
import { judgeDescriptors } from './pure/evidence.ts';
import { argsForDescriptor, parseInnerLine } from './pure/inner-gate.ts';
import type { SandboxPlan } from './pure/model.ts';
import type { Layout } from './sandbox-layout.ts';

/** A sandbox laid out for a process that is to make it around a child of its own: ringfence-shell. */
export interface Enclosure {
  /** Where that process finds what it needs: dbus/org.ringfence.Ringfence1.xml, Enclose. */
  readonly folder: string;
  /** Processes that belong into the scope too. */
  readonly helpers: readonly number[];
  /** Binds it to its scope; from now on it can be made. @throws RingfenceError NotEnforceable */
  offer(unit: string): Promise<void>;
  /**
   * Waits until the gate inside speaks, reads the sandbox back and says what holds.
   * @throws RingfenceError NotEnforceable; also when the process `pid` has gone (`isThere`) or nothing comes in time
   */
  confirm(pid: number, isThere: () => boolean): Promise<{ rows: ReportRow[]; reasons: string[] }>;
  /** Lets the command begin. */
  release(): void;
  /** Has the gate inside say why not, and end. */
  refuse(error: RingfenceError): void;
  abandon(): void;
}

/** What it is made with, beside its layout; as in SandboxPorts. */
export interface EnclosurePorts {
  readonly folders: SandboxFolders;
  sleep(milliseconds: number): Promise<void>;
  readonly alterArgs?: (args: readonly string[]) => readonly string[];
}

/** The sandbox of a layout, made at the other end of the wire. */
export function encloseBy(layout: Layout, wire: EnclosureWire, ports: EnclosurePorts): Enclosure {
  const { id, folder, proxy, helpers, programs, filter, explain } = layout;
  const { folders } = ports;
  let plan: SandboxPlan = [];
  let scope = '';
  return {
    folder,
    helpers,

    async offer(unit) {
      await layout.ready;
      scope = unit;
      plan = await layout.settle(unit);
      const rendered = renderBwrapArgs(plan, enclosureFds);
      const args = ports.alterArgs?.(rendered) ?? rendered;
      folders.write(id, 'args', argsForDescriptor(args));
      folders.write(id, 'seccomp', filter);
      folders.link(id, 'bwrap', programs.bwrap);
    },

    async confirm(pid, isThere) {
      let heard = false;
      const line = wire.line.finally(() => {
        heard = true;
      });
      await Promise.race([line, ended(() => !heard && isThere(), ports)]);
      const told = parseInnerLine(heard ? await line : '');
      if (told === undefined) throw await explain('bubblewrap did not make it', 'sandbox');
      proxy.letGo();
      proxy.said.close();
      const { evidence, ops } = await layout.readBack(plan, scope, pid, told);
      const open = judgeDescriptors(evidence.descriptors);
      if (open !== undefined) throw layout.refuse(open.part, open.reason, 'close it before');
      return { rows: enforcedRows(ops, layout.letIn, evidence.status), reasons: layout.reasons() };
    },

    release() {
      wire.say(enclosureGoLine(layout.environment));
      for (const name of ['args', 'seccomp', 'gate', 'go', 'inner', 'sync', 'bwrap']) folders.discard(id, name);
    },

    refuse: (error) => wire.say(enclosureRefusal(error.exitCode, error.message)),

    abandon() {
      wire.close();
      layout.undo();
    },
  };
}

/** Resolves when the process is gone, or has had all the time that a sandbox may take. */
async function ended(isThere: () => boolean, { sleep }: EnclosurePorts): Promise<undefined> {
  for (let waited = 0; waited < longestWait && isThere(); waited += pause) await sleep(pause);
}

/** In ms. */
const longestWait = 30_000;
const pause = 20;
